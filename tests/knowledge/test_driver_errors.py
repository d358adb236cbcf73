"""The table of errors against the classes of the driver it speaks of."""

from __future__ import annotations

import psycopg2
import pytest
from psycopg2 import errors

from asyncify.knowledge.driver_errors import DIAGNOSTICS, OWN_VALUES, SQLSTATES, STANDARD


@pytest.mark.parametrize("name", SQLSTATES)
def test_codes(name: str) -> None:
    assert errors.lookup(SQLSTATES[name]) is getattr(errors, name)


@pytest.mark.parametrize("name", sorted(STANDARD))
def test_standard_classes(name: str) -> None:
    assert issubclass(getattr(psycopg2, name), psycopg2.Error)


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_diagnostics(name: str) -> None:
    assert hasattr(psycopg2.extensions.Diagnostics, name)


@pytest.mark.parametrize("name", sorted(OWN_VALUES))
def test_values(name: str) -> None:
    module, _, what = name.rpartition(".")
    assert hasattr(__import__(module, fromlist=[what]), what)

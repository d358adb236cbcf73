"""Apps put together by chance answer as before, and a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .relations import App


@pytest.mark.parametrize("seed", [23, 26, 30, 36, 37, 42])  # each was wrong once
def test_what_the_routes_of_an_app_answer(tmp_path: Path, seed: int) -> None:
    app = App(seed)
    prove(tmp_path, app.files, app.requests)

"""What code says in the words of a sync driver where it makes no engine: its errors, and texts that it reads alone."""

from __future__ import annotations

from collections.abc import Iterator

from asyncify.analysis.databases import backends
from asyncify.analysis.program import Program
from asyncify.knowledge.drivers import Choice
from asyncify.model.edit import Edit, Finding
from asyncify.transforms.engine.driver_connections import driver_connections
from asyncify.transforms.engine.driver_errors import DriverErrors
from asyncify.transforms.engine.driver_listeners import ASYNCPG, PSYCOPG, leaves_psycopg2
from asyncify.transforms.engine.function_texts import function_texts
from asyncify.transforms.engine.grouped_values import grouped_values
from asyncify.transforms.engine.json_paths import json_paths
from asyncify.transforms.engine.other_errors import OtherErrors
from asyncify.transforms.engine.raw_transactions import raw_transactions
from asyncify.transforms.engine.texts import Texts

_MYSQL = frozenset({"mysql", "mariadb"})


def driver_words(program: Program, choice: Choice, transform: str, group: str) -> Iterator[Edit | Finding]:
    """What is done about them in a program whose engines become async."""
    found = frozenset(backends(program))
    yield from driver_connections(program, transform, group)
    if "postgresql" in found:
        target = choice.get("postgresql", "")
        yield from DriverErrors(program, target, transform, group).decide()
        yield from Texts(program, target, transform, group).decide()
        if leaves_psycopg2(program, choice, PSYCOPG):
            yield from raw_transactions(program, transform, group)
        if leaves_psycopg2(program, choice, ASYNCPG):
            yield from json_paths(program, transform, group)
            yield from function_texts(program, transform, group)
            yield from grouped_values(program, transform, group)
    if found & _MYSQL:
        target = choice.get("mysql", "")
        yield from OtherErrors(program, target, transform, group).decide()
        if found <= _MYSQL:
            yield from Texts(program, target, transform, group).decide()
    if "oracle" in found:
        yield from OtherErrors(program, choice.get("oracle", ""), transform, group).decide()

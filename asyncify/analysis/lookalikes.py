"""Objects of the program that stand where a session stands: a journal with a `commit` of its own."""

from __future__ import annotations

import ast

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn
from asyncify.knowledge import names


def lookalikes(program: Program, node: ast.Call) -> tuple[FunctionInfo, ...]:
    """The plain methods of the program that a call of a method of a session runs instead, for some objects.

    What tests put in the place of a session is not asked: it follows the session.
    """
    colouring = program.colouring
    return tuple(
        dict.fromkeys(
            value.info
            for value in program.values(node.func)
            if isinstance(value, Fn)
            and not colouring.waits(colouring.runs(value))
            and not is_test(value.info.path)
            and not _is_of_library(program, value)
        )
    )


def stand_ins(program: Program, node: ast.AST) -> tuple[FunctionInfo, ...]:
    """The methods of tests that a call of a method of a session runs instead: those of a fake of the session."""
    values = program.values(node.func) if isinstance(node, ast.Call) else ()
    methods = (v for v in values if isinstance(v, Fn) and v.info.cls is not None)
    return tuple(dict.fromkeys(v.info for v in methods if is_test(v.info.path) and not _is_of_library(program, v)))


def _is_of_library(program: Program, method: Fn) -> bool:
    """Whether a method belongs to a subclass of a library's session, engine or connection."""
    owner = method.info.cls
    kinds = (names.SESSION, names.SQLMODEL_SESSION, names.ASYNC_SESSION, names.SQLMODEL_ASYNC_SESSION)
    return owner is not None and program.classes.derives_from(owner, *kinds)

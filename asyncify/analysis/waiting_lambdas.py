"""Lambdas that wait for the database: which of them a library can be given in another form."""

from __future__ import annotations

import ast

from asyncify.analysis.barriers import handing_of
from asyncify.analysis.forms import can_be_function
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.knowledge.barriers import Handing


def is_awaited_thread(program: Program, call: ast.Call, parent: ast.AST | None, function: ast.Lambda) -> bool:
    """`await run_in_threadpool(lambda: f(db))`."""
    handing = handing_of(program, call)
    return handing is Handing.UNWRAP and isinstance(parent, ast.Await) and not ast.unparse(function.args)


def is_written_out(program: Program, waiting: ast.Lambda, parent: ast.AST | None, source: SourceFile) -> bool:
    """Whether a library takes an async function for a lambda, and the lambda can become one."""
    takes = isinstance(parent, ast.Call) and handing_of(program, parent) is Handing.ACCEPTS
    return takes and can_be_function(source, waiting)

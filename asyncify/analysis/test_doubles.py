"""Replacements that tests put in the place of functions."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo


def replacements(program: Program) -> Mapping[FunctionInfo, list[FunctionInfo | ast.Lambda]]:
    """For each function, what tests replace it with."""
    return {}

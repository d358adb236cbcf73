"""Instances that their loader has deleted before it hands them on.

SQLAlchemy, "Quickie Intro to Object States": a deleted object is detached by the commit, and keeps what it has. What it
has not got cannot be loaded any more, lazily or otherwise: a load would send a statement for nothing.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import is_session, objects
from asyncify.transforms.eager.reading import Reader, Steps


@dataclass(frozen=True)
class Deleted:
    """Knows which loading places give instances that are gone by the end of their function."""

    program: Program
    reach: Reach

    def is_gone(self, site: ast.AST, steps: Steps, reader: Reader) -> bool:
        """Whether the function that loads instances has deleted them when a reader reads. What is read of others, to
        which they have led before, is there."""
        if len(steps) > 1:
            return False
        function = self.program.function_of(site)
        commit = self._gone.get(site)
        if function is None or commit is None:
            return False
        there = self.program.function_of(reader.node)
        return _line(reader.node) > commit if there is function else not self._runs_before(function, there, commit)

    def _runs_before(self, function: FunctionInfo, other: FunctionInfo | None, line: int) -> bool:
        """Whether another function may run within a function, above a line: it is called there, or it is one of a
        model, which runs where it is not seen."""
        if other is None or (other.cls is not None and self.program.orm.is_model(other.cls)):
            return True
        calls = (node for node in function.nodes if isinstance(node, ast.Call) and _line(node) < line)
        return any(other in self.reach.of(called.info) for call in calls for called in self.program.calls(call))

    @cached_property
    def _gone(self) -> dict[ast.AST, int]:
        """Such places, each with the line of the commit."""
        found: dict[ast.AST, int] = {}
        for function in self.program.functions:
            calls: dict[str, list[ast.Call]] = defaultdict(list)
            for node in ast.walk(function.node):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    if node.func.attr in ("delete", "commit") and is_session(self.program.values(node.func.value)):
                        calls[node.func.attr].append(node)
            for call in calls["delete"]:
                commits = [_line(c) for c in calls["commit"] if _line(c) > _line(call)]
                if not commits or len(call.args) != 1 or not _always(function.source, call, function.node):
                    continue
                for value in objects(self.program.values(call.args[0])):
                    site = value.origin.site if value.origin is not None else None
                    if site is not None and self.program.function_of(site) is function and _line(site) < _line(call):
                        found[site] = min(commits)
        return found


def _always(source: SourceFile, call: ast.Call, function: ast.AST) -> bool:
    """Whether a call runs whenever its function goes on to its end, or whenever there is something to delete."""
    inner: ast.AST = source.statement(call)
    while (outer := source.parent(inner)) is not None and outer is not function:
        asks = isinstance(outer, ast.If) and inner in outer.body and _asks_for(outer.test, call.args[0])
        if not asks and not (isinstance(outer, (ast.With, ast.AsyncWith, ast.Try)) and inner in outer.body):
            return False
        inner = outer
    return outer is function


def _asks_for(test: ast.expr, thing: ast.expr) -> bool:
    """`if thing:` or `if thing is not None:`"""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.IsNot):
        test = test.left
    return ast.dump(test) == ast.dump(thing)


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))

"""Whether `await` can come to stand at a place of the tests: there, and in everything that calls it."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property

from asyncify.analysis.program import Program
from asyncify.analysis.script_blocks import in_main_guard
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.barriers import BY_METHOD
from asyncify.knowledge.testing import ASYNC_TEST_CASE, TEST_CASE

_PROPERTIES = frozenset({"property", "cached_property", "setter", "getter", "deleter"})


class Places:
    """Answers by node. Built once for a program."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def obstacle(self, path: str, node: ast.AST) -> str:
        """Why a node cannot be awaited, as the end of a sentence; empty when it can."""
        source = self._program.modules[path].source
        function = self._program.function_of(node)
        outer = source.parent(node)
        while outer is not None and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(outer, ast.Lambda):
                return "stands in a lambda"
            if isinstance(outer, ast.ClassDef):
                return "stands in the body of a class"
            outer = source.parent(outer)
        if function is None:
            return "stands at the top of a module"
        return self._blocked.get(function, "")

    @cached_property
    def _blocked(self) -> dict[FunctionInfo, str]:
        """Functions that cannot become async, by themselves or because of who calls them."""
        blocked: dict[FunctionInfo, str] = {}
        callees: dict[FunctionInfo, list[FunctionInfo]] = defaultdict(list)
        facts = self._program.facts
        for path in sorted(self._program.modules):
            source = self._program.modules[path].source
            for node in source.nodes:
                if node not in facts.calls and node not in facts.handed:
                    continue
                targets = () if isinstance(node, ast.arg) else self._program.calls(node)
                for target in targets:
                    caller = self._program.function_of(node)
                    place = self._lambda_or_top(path, node, caller)
                    if place:
                        blocked.setdefault(target.info, f"is reached from where await cannot stand ({place})")
                    elif caller is not None:
                        callees[caller].append(target.info)
                for handed in facts.handed.get(node, ()):
                    blocked.setdefault(handed.info, f"runs in {handed.info.name}, which is handed to a library")
        for function in self._program.functions:
            reason = self.own_reason(function)
            if reason and not function.is_async:
                blocked[function] = reason
        todo = list(blocked)
        while todo:
            function = todo.pop()
            for callee in callees[function]:
                if callee not in blocked and not callee.is_async:
                    blocked[callee] = blocked[function]
                    todo.append(callee)
        return {f: r for f, r in blocked.items() if not f.is_async}

    def own_reason(self, function: FunctionInfo) -> str:
        """Why a function cannot be async whoever calls it."""
        where = f"runs in {function.qualname}, which"
        if function.cls is not None and function.name in BY_METHOD:
            return f"{where} Python calls by itself"
        if function.name.startswith("pytest_") and function.path.endswith("conftest.py"):
            return f"{where} is a hook of pytest"
        for node in function.node.decorator_list:
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            if name in _PROPERTIES:
                return f"{where} is a property"
        if function.cls is not None and foreign_test_case(self._program, function):
            return f"{where} belongs to a test case class of a library"
        return ""

    def _lambda_or_top(self, path: str, node: ast.AST, caller: FunctionInfo | None) -> str:
        source = self._program.modules[path].source
        outer = source.parent(node)
        while outer is not None and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(outer, ast.Lambda):
                return "a lambda"
            outer = source.parent(outer)
        # below `if __name__ == "__main__"` a function that waits is run to its end
        return "" if caller is not None or in_main_guard(source, node) else "the top of a module"


def foreign_test_case(program: Program, function: FunctionInfo) -> bool:
    """Whether a method belongs to a `unittest` class that comes from some other library."""
    if function.cls is None:
        return False
    libraries = [b.name for b in program.classes.ancestors(function.cls) if isinstance(b, Ext)]
    cases = [n for n in libraries if n.rpartition(".")[2].endswith("TestCase")]
    return any(n not in (TEST_CASE, ASYNC_TEST_CASE, "unittest.case.TestCase") for n in cases)

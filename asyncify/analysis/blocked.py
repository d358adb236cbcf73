"""What blocks the thread in which it is called: calls of libraries, and plain functions that make them."""

from __future__ import annotations

import ast

from asyncify.analysis.barriers import library_name
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.script_blocks import is_main_guard, is_script
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.worker_calls import sends_work
from asyncify.knowledge.blocking import HANDLES, OWN_LOOPS, why_blocking

BY_PERSON = "blocking of [tool.asyncify] names it"


class Blocked:
    """Knows what blocks, and why. loops: what runs a loop of its own, and what a person names, is all that counts."""

    def __init__(self, program: Program, *, loops: bool = False) -> None:
        self.program = program
        self.loops = loops
        #: plain functions of the program that block, themselves or through others, with the reason
        self.helpers = self._helpers()

    def why(self, node: ast.Call) -> str | None:
        """What a call waits for, itself or in a plain helper of the program."""
        return self._why(node, self.helpers)

    def _why(self, node: ast.Call, helpers: dict[FunctionInfo, str]) -> str | None:
        for value in self.program.values(node.func):
            name = library_name(value)
            if why_blocking(name) and (name in OWN_LOOPS or not self.loops):
                return f"{name.removeprefix('builtins.')}() blocks: {why_blocking(name)}"
            if name and name in self.program.overrides.blocking:
                return f"{name}() blocks: {BY_PERSON}"
        sent = "" if self.loops else sends_work(self.program, node)
        if sent:
            return f"{ast.unparse(node.func)}() blocks: {sent}"
        targets = self.program.calls(node)
        if targets and all(t.info in helpers for t in targets):
            return f"{targets[0].info.qualname}() blocks: {helpers[targets[0].info]}"
        return None

    def _helpers(self) -> dict[FunctionInfo, str]:
        program, colouring = self.program, self.program.colouring
        said = {f: BY_PERSON for f in program.overrides.blocking if isinstance(f, FunctionInfo)}
        found: dict[FunctionInfo, str] = {}
        if not self.loops:
            found = dict.fromkeys([*colouring.twins.functions, *colouring.entries], "it waits for the database")
            said |= dict.fromkeys(colouring.kept_calls.waiting, "it stays synchronous and waits for the database")
        plain = [f for f in program.functions if self._stays_plain(f)]
        found |= {function: said[function] for function in plain if function in said}
        growing = True
        while growing:
            growing = False
            for function in plain:
                if function in found:
                    continue
                for node in own_nodes(function.node):
                    why = self._why(node, found) if isinstance(node, ast.Call) else None
                    if why is not None:
                        found[function] = why
                        growing = True
                        break
        return found

    def _stays_plain(self, function: FunctionInfo) -> bool:
        colouring = self.program.colouring
        changes = function in colouring.becomes_async or function in colouring.bridged
        return not (function.is_async or function.is_generator or changes or is_test_path(function.path))


def gives_handle(program: Program, node: ast.Call) -> bool:
    """Whether a call is quick itself, and what it gives is used where it stands: `open(path)`."""
    return any(library_name(v) in HANDLES for v in program.values(node.func))


def has_loop_alone(program: Program, module: ModuleInfo) -> bool:
    """Whether a module is a script that is run by hand: nobody waits for its loop but itself."""
    return any(map(is_main_guard, module.source.tree.body)) and is_script(program, module.path)

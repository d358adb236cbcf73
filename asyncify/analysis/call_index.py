"""The calls of a program the other way round: for each function the places that run it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from asyncify.analysis.barriers import handing_of
from asyncify.analysis.generator_uses import consumed_generators
from asyncify.analysis.named_jobs import named_jobs
from asyncify.analysis.operators import operations
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Inst
from asyncify.analysis.wrappers import Wrappers, asks_at_all, is_asked_about
from asyncify.knowledge.barriers import Handing


class CallIndex:
    """For each function (or lambda) the nodes that use it.

    callers: nodes that run it. handed: expressions that hand it to a library. consumers: nodes that iterate over, drive
    or enter what the generator function made. lambda_calls: calls of a lambda. lambda_readers: library calls that run
    a lambda, which is kept in a name, before they return. named: functions that a library is given by name, with
    what is called. paths: the file of each of these nodes.
    Code that asks first whether a function is async is neither: it goes on to do so, and runs it as it is then.
    What runs or hands over the wrapper of a decorator does so with the function that it wraps.
    """

    def __init__(self, program: Program, wrappers: Wrappers) -> None:
        self.paths: dict[ast.AST, str] = {}
        self.callers: dict[FunctionInfo, list[ast.AST]] = defaultdict(list)
        self.handed: dict[FunctionInfo, list[ast.AST]] = defaultdict(list)
        self.consumers: dict[FunctionInfo, list[ast.AST]] = defaultdict(list)
        self.lambda_calls: dict[ast.Lambda, list[ast.AST]] = defaultdict(list)
        self.lambda_readers: dict[ast.Lambda, list[ast.Call]] = defaultdict(list)
        self.named = named_jobs(program)
        facts = program.facts
        for path in sorted(program.modules):
            for node in program.modules[path].source.nodes:
                if node in facts.calls or node in facts.handed or node in facts.lambdas:
                    self.paths[node] = path
        asking = {path for path, module in program.modules.items() if asks_at_all(module.source)}
        asked = {
            node
            for node, path in self.paths.items()
            if path in asking
            and isinstance(node, ast.expr)
            and node not in wrappers.calls
            and is_asked_about(program.modules[path].source, node)
        }
        for node, targets in facts.calls.items():
            for target in targets if node not in asked else ():
                self._note(self.callers, wrappers.chain(target), node)
        for node, targets in facts.handed.items():
            for target in targets if node not in asked else ():
                self._note(self.handed, wrappers.chain(target), node)
        for node, lambdas in facts.lambdas.items():
            for one in lambdas:
                self.lambda_calls[one].append(node)
        for path in sorted(program.modules):
            self._note_readers(program, program.modules[path])
            for node, function in consumed_generators(program, program.modules[path]):
                self.consumers[function].append(node)
                self.paths[node] = path
            for operation in operations(program, program.modules[path]):
                self.callers[operation.method].append(operation.node)
                self.paths[operation.node] = path

    def _note_readers(self, program: Program, module: ModuleInfo) -> None:
        for call in module.source.nodes_of(ast.Call):
            for argument in (*call.args, *(k.value for k in call.keywords)):
                for value in program.values(argument) if isinstance(argument, (ast.Name, ast.Attribute)) else ():
                    site = value.origin.site if isinstance(value, Inst) and value.origin is not None else None
                    if isinstance(site, ast.Lambda) and handing_of(program, call) is Handing.CALLS:
                        self.lambda_readers[site].append(call)
                        self.paths[call] = module.path

    @staticmethod
    def _note(found: dict[FunctionInfo, list[ast.AST]], functions: Iterable[FunctionInfo], node: ast.AST) -> None:
        for function in functions:
            if node not in found[function][-1:]:
                found[function].append(node)

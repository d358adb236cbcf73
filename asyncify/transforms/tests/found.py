"""What the parts of the `tests` transform share: the program, its clients, and the edits so far."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.test_clients import TestClients, find_clients
from asyncify.model.edit import Edit, Finding, Import, TextEdit
from asyncify.model.ops import Op
from asyncify.transforms.tests.construct import Facts, facts_of

NAME = "tests"
#: the edits of the step `flip` only make sense together
GROUP = "flip"


@dataclass
class Work:
    """One run of the transform.

    changing: functions that become async. taken: with statements that are rewritten as a whole.
    """

    program: Program
    clients: TestClients
    facts: Facts
    changing: frozenset[FunctionInfo]
    edits: list[Edit] = field(default_factory=list)
    text_edits: list[TextEdit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    taken: set[ast.AST] = field(default_factory=set)

    @classmethod
    def start(cls, program: Program) -> Work:
        """Look at a program."""
        clients = find_clients(program)
        facts = facts_of(program, frozenset(clients.telling & clients.convertible))
        return cls(program, clients, facts, frozenset(program.colouring.becomes_async))

    def source(self, path: str) -> SourceFile:
        """A file of the program."""
        return self.program.modules[path].source

    def edit(
        self,
        path: str,
        node: ast.AST,
        op: Op,
        because: str,
        imports: Iterable[Import] = (),
        drops: Iterable[str] = (),
    ) -> None:
        """Decide on an edit of a node."""
        target = self.source(path).target(node)
        new = Edit(NAME, path, target, op, tuple(imports), tuple(d for d in drops if d), GROUP, because)
        self.edits.append(new)

    def report(self, path: str, node: ast.AST | None, code: str, message: str, advice: str) -> None:
        """Say what stays."""
        span = None if node is None else self.source(path).span(node)
        finding = Finding(NAME, path, span, code, message, advice)
        if finding not in self.findings:
            self.findings.append(finding)

    def waits(self, function: FunctionInfo | None) -> bool:
        """Whether a function is async after the step."""
        return function is not None and (function.is_async or function in self.changing)

"""Which test clients can become `httpx.AsyncClient`, and what keeps the others.

A client is known by where it is made: the `TestClient(...)` call, or the class for a subclass of it. A client is kept
as it is when something is done with it that an async client cannot do, or where `await` cannot stand; and with it
every client that comes to the same place.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from asyncify.analysis.client_places import Places
from asyncify.analysis.config import KEEP_CLIENTS
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Cls, Fn, Inst, Member, Obj, Values, of_type
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of
from asyncify.knowledge.barriers import CONTEXT_METHODS
from asyncify.knowledge.testing import (
    CLEANUP,
    CLIENT_PARAMETERS,
    DATABASE_LIBRARIES,
    HARMLESS_CALLEES,
    ONLY_TEST_CLIENT,
    ONLY_TEST_RESPONSE,
)


@dataclass(frozen=True)
class Obstacle:
    """Why a client stays: a node of a file, the code of a finding, what was seen and what a person can do."""

    path: str
    node: ast.AST
    code: str
    message: str
    advice: str


@dataclass
class TestClients:
    """All clients of a program.

    made: constructor calls (or class definitions of subclasses) to their file. kept: those that stay, with reasons.
    uses: the expressions that are a client, with the clients that come there. telling: those whose responses are
    asked for the template that was rendered.
    """

    __test__ = False

    made: dict[ast.AST, str] = field(default_factory=dict)
    kept: dict[ast.AST, list[Obstacle]] = field(default_factory=dict)
    uses: dict[ast.expr, frozenset[ast.AST]] = field(default_factory=dict)
    telling: set[ast.AST] = field(default_factory=set)

    @property
    def convertible(self) -> frozenset[ast.AST]:
        """The clients that become async."""
        return frozenset(self.made.keys() - self.kept.keys())


def convertible_clients(program: Program) -> frozenset[ast.AST]:
    """The `TestClient(...)` calls (and subclasses) that become async clients."""
    return find_clients(program).convertible


def is_async_client(values: Values, convertible: frozenset[ast.AST]) -> bool:
    """Whether a value is a test client that becomes an async client.

    Values without a known origin come from an annotation; they are taken for the clients that there are.
    """
    found = of_type(values, names.TEST_CLIENT)
    known: set[ast.AST] = {v.origin.site for v in found if v.origin is not None}
    known |= {v.info.node for v in values if isinstance(v, Obj)}  # of a subclass
    return bool(found) and bool(convertible) and known <= convertible


def find_clients(program: Program) -> TestClients:
    """All clients of a program and what keeps some of them."""
    clients = TestClients()
    if not uses_database(program):
        return clients
    known: dict[Values, frozenset[ast.AST]] = {}
    for path, module in program.modules.items():
        for node in module.source.nodes:
            values = program.values(node)
            if values and isinstance(node, ast.expr):
                keys = known.get(values)
                if keys is None:
                    keys = known[values] = frozenset(_keys(program, values))
                if keys:
                    clients.uses[node] = keys
                    clients.made.update((k, path) for k in keys if k is node)
                    _made_elsewhere(program, clients, keys)
    _Search(program, clients).run()
    _keep_together(clients)
    if program.config.tests == KEEP_CLIENTS:
        for key in clients.made:
            clients.kept.setdefault(key, [])
    return clients


def uses_database(program: Program) -> bool:
    """Whether there is anything to make async; else the tests stay as they are."""
    return any(
        name.partition(".")[0] in DATABASE_LIBRARIES
        for module in program.modules.values()
        for statements in module.imports.values()
        for node in statements
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    )


def _keys(program: Program, values: Values) -> Iterator[ast.AST]:
    for client in of_type(values, names.TEST_CLIENT):
        if client.origin is not None:
            yield client.origin.site
    for value in values:
        if isinstance(value, Obj) and program.classes.derives_from(value.info, names.TEST_CLIENT):
            yield value.info.node


def _made_elsewhere(program: Program, clients: TestClients, keys: Iterable[ast.AST]) -> None:
    for key in keys:
        if isinstance(key, ast.ClassDef) and key not in clients.made:
            clients.made[key] = next(p for p, m in program.modules.items() if key in m.classes)


def client_arguments(call: ast.Call) -> dict[str, ast.expr] | None:
    """The arguments of a `TestClient(...)` call by parameter; None for stars and unknown keywords."""
    if any(isinstance(a, ast.Starred) for a in call.args) or len(call.args) > len(CLIENT_PARAMETERS):
        return None
    found = dict(zip(CLIENT_PARAMETERS, call.args, strict=False))
    for keyword in call.keywords:
        if keyword.arg not in CLIENT_PARAMETERS:
            return None
        found[keyword.arg] = keyword.value
    return found


def client_calls(program: Program, path: str) -> Iterator[tuple[ast.Call, str, Values]]:
    """The calls of a file that send a request: the call, the method, and the values of the client."""
    for node in program.modules[path].source.nodes:
        if not isinstance(node, ast.Call):
            continue
        for value in program.values(node.func):
            if isinstance(value, Member) and value.base.type == names.TEST_CLIENT:
                receiver = program.values(node.func.value) if isinstance(node.func, ast.Attribute) else frozenset()
                yield node, value.name, receiver or frozenset({value.base})
                break


class _Search:
    def __init__(self, program: Program, clients: TestClients) -> None:
        self.program = program
        self.clients = clients
        self.places = Places(program)
        self._by_function: dict[object, set[ast.AST]] = defaultdict(set)

    def run(self) -> None:
        """Look at every use."""
        paths = {p for p in self.program.modules if self._mentions(p)}
        for path in sorted(paths):
            source = self.program.modules[path].source
            for node in source.nodes:
                if isinstance(node, ast.expr) and node in self.clients.uses:
                    self._use(path, node, source.parent(node))
            for call, method, values in client_calls(self.program, path):
                keys = frozenset(_keys(self.program, values))
                self._by_function[self.program.function_of(call)] |= keys
                if form_of(names.TEST_CLIENT, method) in (Form.AWAIT, Form.WITH):
                    self._needs_await(path, call, keys, f"client.{method}()")
        for path in sorted(paths):
            self._responses(path)
        for key, path in self.clients.made.items():
            self._construction(path, key)

    def _mentions(self, path: str) -> bool:
        nodes = self.program.modules[path].source.nodes
        return not self.clients.uses.keys().isdisjoint(nodes)

    def keep(self, path: str, node: ast.AST, keys: Iterable[ast.AST], code: str, message: str, advice: str) -> None:
        for key in keys:
            self.clients.kept.setdefault(key, []).append(Obstacle(path, node, code, message, advice))

    def _construction(self, path: str, key: ast.AST) -> None:
        if isinstance(key, ast.ClassDef):
            methods = {f.name: f for f in self.program.modules[path].classes[key].methods.values()}
            others = {"close"} | {m for m in methods if form_of(names.TEST_CLIENT, m) not in (None, Form.AWAIT)}
            own = {m for m in methods if m in CONTEXT_METHODS or form_of(names.TEST_CLIENT, m) is Form.AWAIT}
            alone = {m for m in own if not _does_more(methods[m])}
            for name in sorted((methods.keys() & others) | alone):  # an async client calls them otherwise, or has none
                message = f"{key.name} has its own {name}"
                self.keep(path, key, [key], "test-client-subclass", message, "derive it from httpx.AsyncClient by hand")
            if any(map(_hands_on_unknown, methods["__init__"].nodes if "__init__" in methods else ())):
                message = "what it hands to TestClient.__init__ is not known"
                self.keep(path, key, [key], "test-client-arguments", message, "write an httpx.AsyncClient by hand")
        elif isinstance(key, ast.Call):
            arguments = client_arguments(key)
            if arguments is None or "app" not in arguments:
                message = "the arguments of TestClient are not all known"
                self.keep(path, key, [key], "test-client-arguments", message, "write an httpx.AsyncClient by hand")
            elif self._is_foreign(self.program.values(arguments["app"])):
                message = "TestClient is given something that is no FastAPI app"
                advice = "write an httpx.AsyncClient by hand, and see how its lifespan runs"
                self.keep(path, key, [key], "test-client-app", message, advice)

    @staticmethod
    def _is_foreign(values: Values) -> bool:
        known = [v for v in values if isinstance(v, Inst)]
        return bool(known) and not of_type(values, names.FASTAPI)

    def _needs_await(self, path: str, node: ast.AST, keys: Iterable[ast.AST], what: str) -> None:
        reason = self.places.obstacle(path, node)
        if reason:
            self.keep(path, node, keys, "test-client-place", f"{what} {reason}", "move the request into a test")

    def _use(self, path: str, node: ast.expr, parent: ast.AST | None) -> None:
        keys = self.clients.uses[node]
        if isinstance(parent, ast.Attribute) and parent.value is node:
            advice = ONLY_TEST_CLIENT.get(parent.attr)
            if advice:
                self.keep(path, parent, keys, "test-client-only", f"only TestClient has {parent.attr}", advice)
            elif form_of(names.TEST_CLIENT, parent.attr) is Form.AWAIT:
                self._method_as_value(path, parent, keys)
        elif isinstance(parent, ast.withitem):
            self._needs_await(path, node, keys, "`with` over a client")
        elif isinstance(parent, (ast.Call, ast.keyword)):
            self._argument(path, node, parent, keys)

    def _method_as_value(self, path: str, node: ast.Attribute, keys: frozenset[ast.AST]) -> None:
        """`submit(client.get, url)`: whoever gets the method does not await it."""
        parent = self.program.modules[path].source.parent(node)
        if isinstance(parent, ast.Call) and (parent.func is node or getattr(parent.func, "attr", "") == CLEANUP):
            return
        if isinstance(parent, (ast.Call, ast.keyword)) and not self._is_known_call(path, parent):
            self.keep(
                path,
                node,
                keys,
                "test-client-library",
                f"client.{node.attr} is handed to code that would not await it",
                "call it through a coroutine of your own, for example with asyncio.gather",
            )

    def _argument(self, path: str, node: ast.expr, parent: ast.AST, keys: frozenset[ast.AST]) -> None:
        if self._is_known_call(path, parent):
            return
        call = self._call(path, parent)
        self.keep(
            path,
            node,
            keys,
            "test-client-library",
            f"the client is handed to {self.program.modules[path].source.segment(call.func)}, which is not known"
            if call
            else "the client is handed on",
            "see whether that takes an httpx.AsyncClient, and change the client by hand",
        )

    def _call(self, path: str, parent: ast.AST) -> ast.Call | None:
        found = self.program.modules[path].source.parent(parent) if isinstance(parent, ast.keyword) else parent
        return found if isinstance(found, ast.Call) else None

    def _is_known_call(self, path: str, parent: ast.AST) -> bool:
        """Whether an argument goes to code of the program, or to code that does not use it."""
        call = self._call(path, parent)
        if call is None:
            return True  # the base class or keyword of a class
        targets = self.program.values(call.func)
        if any(isinstance(t, (Fn, Cls, Obj)) for t in targets) or self.program.calls(call):
            return True
        return any(getattr(t, "name", "") in HARMLESS_CALLEES for t in targets) or any(
            isinstance(t, Member) and t.base.type in ("list", "dict", "set") for t in targets
        )

    def _responses(self, path: str) -> None:
        """`response.context`: TestClient tells which template was rendered; an AsyncClient needs a transport for it."""
        for node in self.program.modules[path].source.nodes:
            if not (isinstance(node, ast.Attribute) and node.attr in ONLY_TEST_RESPONSE):
                continue
            if of_type(self.program.values(node.value), "httpx.Response"):
                keys = self._by_function[self.program.function_of(node)]
                self.clients.telling |= {k for k in keys if isinstance(k, ast.Call)}
                message = f"only responses of TestClient have {node.attr}"
                subclasses = frozenset(k for k in keys if isinstance(k, ast.ClassDef))
                self.keep(path, node, subclasses, "test-client-only", message, "check the text of the response instead")


def _does_more(method: FunctionInfo) -> bool:
    """Whether a method does what the client does, and more: it starts the app and stops it, or sends a request."""
    for node in method.nodes:
        if isinstance(node, ast.Attribute):
            above = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "super"
            own = isinstance(node.value, ast.Name) and node.value.id in method.positional[:1]
            sends = own and form_of(names.TEST_CLIENT, node.attr) is Form.AWAIT
            if (above and node.attr == method.name) or (sends and method.name not in CONTEXT_METHODS):
                return True
    return False


def _hands_on_unknown(node: ast.AST) -> bool:
    """Whether a node is `super().__init__(...)` of a client without a known app."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "super().__init__":
        return False
    return "app" not in (client_arguments(node) or {})


def _keep_together(clients: TestClients) -> None:
    """Where a kept client and another come to the same expression, both stay."""
    changed = True
    while changed:
        changed = False
        for keys in clients.uses.values():
            kept = [k for k in keys if k in clients.kept]
            if kept and len(kept) < len(keys):
                changed = True
                for key in keys - set(kept):
                    clients.kept[key] = list(clients.kept[kept[0]])

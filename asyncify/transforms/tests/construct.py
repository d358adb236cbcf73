"""`TestClient(app, ...)` as source of an `AsyncClient` that behaves the same."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from asyncify.analysis.bindings import bring
from asyncify.analysis.dotted import root_of
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.test_clients import client_arguments
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.knowledge.testing import (
    CLIENT_ADDRESS,
    CLIENT_AGENT,
    CLIENT_DEFAULTS,
    CLIENT_KEYWORDS,
    REDIRECTS_SINCE,
    TRANSPORT_KEYWORDS,
)
from asyncify.model.edit import Import
from asyncify.model.ops import Hole

#: the transport whose responses tell the template that was rendered; `telling.py` writes it
TELLING = "TemplateTransport"

#: lines that would become longer than this are broken at the opening parenthesis
LINE = 100


@dataclass(frozen=True)
class Facts:
    """What the app of a program notices of its client. package: of the async client.

    address: it reads `request.client`. agent: it reads the user agent. lifespan: it has one. state: the lifespan
    gives state to the requests. telling: clients whose responses are asked for the template that was rendered.
    follows: the package is too old to be told whether it follows redirects; it does.
    """

    package: str
    address: bool
    agent: bool
    lifespan: bool
    state: bool
    telling: frozenset[ast.AST] = frozenset()
    follows: bool = False


@dataclass(frozen=True)
class Source:
    """A template with what it needs. long: the same over several lines."""

    template: str
    long: str
    holes: tuple[Hole, ...] = ()
    imports: tuple[Import, ...] = ()
    drops: tuple[str, ...] = field(default=())


def facts_of(program: Program, telling: frozenset[ast.AST] = frozenset()) -> Facts:
    """Look at the whole program. telling: see `Facts`."""
    address = agent = lifespan = state = False
    for module in program.modules.values():
        for node in module.source.nodes:
            if isinstance(node, ast.Attribute):
                address = address or (node.attr == "client" and has(program.values(node.value), names.REQUEST))
                lifespan = lifespan or node.attr in ("on_event", "add_event_handler")
            elif isinstance(node, ast.Constant):
                told = isinstance(node.value, str) and node.value.lower() == "user-agent"
                agent = agent or told or _expects_agent(module.source, node)
            elif isinstance(node, ast.arg):
                agent = agent or node.arg == "user_agent"
            elif isinstance(node, ast.keyword) and node.arg in ("lifespan", "on_startup", "on_shutdown"):
                lifespan = True
                state = state or _gives_state(program, module.path, node.value)
    package = client_package(program)
    newest = read_dependencies(program.workspace.files).ceiling(package)
    follows = newest is not None and newest < REDIRECTS_SINCE
    return Facts(package, address, agent, lifespan, state, telling, follows)


def _expects_agent(source: SourceFile, node: ast.Constant) -> bool:
    """Whether a test compares something with the agent, which a library may have read: `{"agent": "testclient"}`."""
    return node.value == CLIENT_AGENT and isinstance(source.parent(node), (ast.Compare, ast.Dict))


def client_package(program: Program) -> str:
    """`httpx2` where the project lists it, else `httpx`."""
    return read_dependencies(program.workspace.files).http_client or "httpx"


def _gives_state(program: Program, path: str, lifespan: ast.expr) -> bool:
    """Whether a lifespan function yields a value: the state of the requests (Starlette "Lifespan State")."""
    found = program.names.resolve_expression(path, lifespan)
    node = getattr(found, "node", None)
    return node is not None and any(isinstance(n, ast.Yield) and n.value is not None for n in ast.walk(node))


def async_client(
    program: Program, source: SourceFile, call: ast.Call, facts: Facts, callee: str = "", app: str = ""
) -> Source:
    """An `AsyncClient(...)` for a `TestClient(...)` call; the arguments stay as holes.

    callee: another callable in the place of `AsyncClient`, such as `super().__init__`.
    app: source to use for the app instead of the argument.
    """
    arguments = client_arguments(call) or {}
    holes: list[Hole] = []

    def value(parameter: str) -> str:
        if parameter == "app" and app:
            return app
        holes.append(Hole(parameter, source.span(arguments[parameter])))
        return f"${parameter}"

    transport_name, imports = bring(program, source.path, facts.package, "ASGITransport")
    if call in facts.telling:
        transport_name, imports = TELLING, ()
    transport = [f"{k}={value(p)}" for p, k in TRANSPORT_KEYWORDS.items() if p in arguments]
    if facts.address and "client" not in arguments:
        transport.append(f"client={CLIENT_ADDRESS}")
    keywords = []
    for name in CLIENT_KEYWORDS:
        if name in arguments:
            keywords.append(f"{name}={value(name)}")
        elif name in CLIENT_DEFAULTS and not (facts.follows and name == "follow_redirects"):
            keywords.append(f"{name}={CLIENT_DEFAULTS[name]}")
    if facts.agent and "headers" not in arguments:
        keywords.append(f'headers={{"user-agent": "{CLIENT_AGENT}"}}')
    if not callee:
        callee, more = bring(program, source.path, facts.package, "AsyncClient")
        imports += more
    parts = [f"transport={transport_name}({', '.join(transport)})", *keywords]
    inner = ", ".join(parts)
    broken = inner if len(inner) < LINE - 10 else ",\n    ".join(parts) + ","
    return Source(
        f"{callee}({inner})",
        f"{callee}(\n    {broken}\n)",
        tuple(holes),
        imports,
        (root_of(call.func),),
    )


def filled_length(source: SourceFile, template: Source) -> int:
    """How long the one-line form is with the holes filled."""
    length = len(template.template)
    for hole in template.holes:
        width = hole.span.end_column - hole.span.column if hole.span.line == hole.span.end_line else LINE
        length += width - len(hole.name) - 1
    return length

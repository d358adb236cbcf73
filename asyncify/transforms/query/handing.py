"""Functions that run a query and get no session: one more parameter, which every caller hands over."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Cls, Inst
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import EditCall, EditParameters, InsertStatements
from asyncify.transforms.query.decisions import Places
from asyncify.transforms.query.frames import Entry, entered
from asyncify.transforms.query.sessions import session_of
from asyncify.transforms.query.uses import Site, Uses

WHY = "a select does not know its session, so who makes it hands that over too"
#: names for the parameter, should the callers' own be taken
OTHER_NAMES = ("session", "db", "db_session", "orm_session")
#: the classes that the parameter can be annotated with
ANNOTATIONS = (names.SESSION, names.SQLMODEL_SESSION)


@dataclass(frozen=True)
class Handing:
    """A parameter that a function gets, with what each call hands over for it.

    sites: of the queries that it is for. optional: whether there are calls without a query, which need no session.
    """

    function: FunctionInfo
    name: str
    calls: tuple[tuple[Entry, str], ...]
    sites: frozenset[Site]
    optional: bool


@dataclass(frozen=True)
class Keeping:
    """A session that an object keeps beside a query: `self.db = db`. after: the statement that keeps the query."""

    function: FunctionInfo
    attribute: str
    text: str
    after: ast.stmt
    sites: frozenset[Site]


def keeping(uses: Uses, function: FunctionInfo, query: str, text: str) -> Keeping | None:
    """Where a constructor keeps the query in its parameter `query`, and can keep the session that it knows as `text`.

    Returns None where the name of the attribute has another meaning already.
    """
    name, first = text.rpartition(".")[2], function.parameters[0].arg
    if function.cls is None or function.name != "__init__":
        return None
    classes = uses.program.classes
    family = {*classes.program_ancestors(function.cls), *classes.descendants(function.cls)}
    taken = {a.attr for info in family for a in ast.walk(info.node) if isinstance(a, ast.Attribute)}
    taken |= {name for info in family for name in (*info.methods, *info.attributes)}
    sites = frozenset(s for a in function.parameters if a.arg == query and a in uses.holds for s in uses.holds[a].sites)
    for node in function.nodes:
        if (
            isinstance(node, (ast.Assign, ast.AnnAssign))
            and isinstance(node.value, ast.Name)
            and node.value.id == query
        ):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) == first and name not in taken and sites:
                return Keeping(function, name, text, node, sites)
    return None


def keeping_edit(places: Places, found: Keeping) -> Edit:
    """The statement that keeps it."""
    first = found.function.parameters[0].arg
    op = InsertStatements(f"{first}.{found.attribute} = {found.text}")
    return places.of(found.function.source).edit(found.after, op, WHY)


def handing(
    uses: Uses, function: FunctionInfo, query: str, calls: Sequence[tuple[Entry, str]], *, optional: bool
) -> Handing | None:
    """The new parameter of a function that runs the query in its parameter `query`.

    calls: those with a query, with the source of the session at each; an empty one for a call by itself. optional:
    whether there are others.
    Returns None where a call could not be changed, or would not be the only thing to change.
    """
    plain = function.decorators <= {"staticmethod", "classmethod"} and len(function.decorators) == len(
        function.node.decorator_list
    )
    closed = function.node.args.vararg is not None or (function.name.startswith("__") and function.name != "__init__")
    if not plain or closed or uses.program.classes.overrides(function):
        return None
    if not all(_is_plain_call(uses, entry, function) for entry, _ in calls):
        return None
    name = _free_name(function, [text for _, text in calls if text])
    sites = frozenset(s for a in function.parameters if a.arg == query and a in uses.holds for s in uses.holds[a].sites)
    if name is None or not sites:
        return None
    return Handing(function, name, tuple((entry, text or name) for entry, text in calls), sites, optional)


def _is_plain_call(uses: Uses, entry: Entry, function: FunctionInfo) -> bool:
    """Whether a call names the function and can run no other."""
    if not isinstance(entry.node, ast.Call) or any(f.info is not function for f in entered(uses.program, entry.node)):
        return False
    called = entry.node.func
    if function.name == "__init__":
        return all(isinstance(v, Cls) for v in uses.program.values(called))
    if isinstance(called, ast.Attribute) and function.cls is not None:
        return called.attr == function.name
    if function.parent is not None:
        return isinstance(called, ast.Name) and called.id == function.name
    return uses.program.names.resolve_expression(entry.path, called) is function


def _free_name(function: FunctionInfo, texts: Sequence[str]) -> str | None:
    """The name that most callers have for the session, where the function uses it for nothing."""
    used = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name)}
    used |= {a.arg for a in ast.walk(function.node) if isinstance(a, ast.arg)}
    ranked = Counter(text.rpartition(".")[2].lstrip("_") for text in texts)
    wishes = [name for name, _ in sorted(ranked.items(), key=lambda item: (-item[1], item[0]))]
    return next((name for name in (*wishes, *OTHER_NAMES) if name not in used), None)


def handing_edits(uses: Uses, places: Places, found: Handing) -> Iterator[Edit]:
    """The edits of the function and of its calls."""
    function = found.function
    annotation, imports = ("", ()) if found.optional else _annotation(uses, places, found)
    source = f"{found.name}=None" if found.optional else f"{found.name}: {annotation}" if annotation else found.name
    yield places.of(function.source).edit(function.node, EditParameters((source,)), WHY, imports)
    for entry, text in found.calls:
        place = places.of(uses.program.modules[entry.path].source)
        yield place.edit(entry.node, EditCall(set=((found.name, text),)), WHY)


def _annotation(uses: Uses, places: Places, found: Handing) -> tuple[str, tuple[Import, ...]]:
    """`Session`, where the function is annotated and the sessions are of one known class."""
    if not any(a.annotation is not None for a in found.function.parameters):
        return "", ()
    sessions = [session_of(uses, site) for site in found.sites]
    types = {v.type for s in sessions if s is not None for v in uses.program.values(s) if isinstance(v, Inst)}
    if len(types) != 1 or not types <= set(ANNOTATIONS):
        return "", ()
    return places.of(found.function.source).name(types.pop())

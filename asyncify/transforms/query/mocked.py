"""Mocked sessions in tests: `db.query.return_value.filter.return_value.first.return_value = user`.

Such a chain names the methods of a legacy query one by one. Where the code with just these methods runs a select, the
mock gives its value to the method of the session that the code calls now.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from asyncify.analysis.bindings import bring
from asyncify.analysis.mock_objects import Kind, TestMocks, find_mocks
from asyncify.analysis.source import SourceFile
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Replace
from asyncify.model.span import Target
from asyncify.transforms.query.asserted_mocks import assertion_edits
from asyncify.transforms.query.chains import outward
from asyncify.transforms.query.decisions import NAME, Places
from asyncify.transforms.query.raising_mocks import raising_edits
from asyncify.transforms.query.uses import Uses, method_of

CONFIGURED = ("return_value", "side_effect")
RUNS = frozenset({"scalar", "scalars", "execute", "exec", "get"})
_WHY = "the code runs a select where the mock answered a legacy query"


@dataclass(frozen=True)
class Setting:
    """An assignment to the end of a chain. methods: of the query, in order. session: the mock."""

    path: str
    node: ast.Assign
    target: ast.Attribute
    session: ast.expr
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """What runs instead: `("scalars", "all")`. group: that of the edits that make it so."""

    calls: tuple[str, ...]
    group: str


def mocked(
    uses: Uses, places: Places, edits: Collection[Edit], *, all_converted: bool
) -> tuple[list[Edit], list[Finding]]:
    """The edits of mocks for queries that become selects, and findings for the mocks that cannot follow.

    all_converted: whether no query of the program stays.
    """
    forms = _forms(uses, {(e.path, e.target): e for e in edits})
    mocks = find_mocks(uses.program) if forms else TestMocks()
    edited = {(e.path, e.target) for e in edits}  # what is a select itself by then is asked of a real session
    settings: dict[tuple[object, str], list[Setting]] = defaultdict(list)
    left: list[tuple[str, ast.AST]] = []
    made: list[Edit] = []
    runs = _methods(edits, all_converted)
    for path in sorted({p for p, _ in mocks.sites.values()} | {getattr(f, "path", "") for f, _ in mocks.names} - {""}):
        source, settled = uses.program.modules[path].source, set()
        for query, edit in raising_edits(places, path, partial(_mocked_query, uses, mocks), runs) if runs else ():
            made.append(edit)
            settled.add(query)
        for node in source.nodes:
            if isinstance(node, ast.Assign) and (found := _setting(uses, mocks, path, node)):
                settings[uses.program.scope_of(node), source.segment(found.session)].append(found)
                settled |= set(ast.walk(found.target))
        left += [
            (path, n)
            for n in source.nodes
            if n not in settled and _mocked_query(uses, mocks, n) and not _edited(source, n, edited)
        ]
    running: dict[tuple[object, str], set[str]] = defaultdict(set)
    for key, group in settings.items():
        by_call: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for setting in group:
            for form in forms.get(setting.methods, ()):
                by_call[form.calls[0]].add(setting.methods)
        for setting in group:
            found_forms = forms.get(setting.methods, set())
            calls = {f.calls for f in found_forms}
            if len(calls) == 1 and len(by_call[next(iter(calls))[0]]) == 1:
                made += _edits(places, setting, min(found_forms, key=lambda f: f.group))
                running[key].add(next(iter(calls))[0])
            else:
                running[key].add("")
                left.append((setting.path, setting.target))
    for path, node in [(p, n) for p, n in left if isinstance(n, ast.Attribute) and n.attr == "query"]:
        found_calls = running[uses.program.scope_of(node), uses.program.modules[path].source.segment(node.value)]
        if len(found_calls) == 1 and "" not in found_calls:
            asserted = list(assertion_edits(places, path, node, next(iter(found_calls))))
            made += asserted
            left = [one for one in left if not asserted or one[1] is not node]
    return made, [_finding(uses, path, node) for path, node in left]


def _edited(source: SourceFile, node: ast.AST, edited: Container[tuple[str, Target]]) -> bool:
    """Whether `session.query`, or the call of it, becomes something else."""
    call = source.parent(node)
    return any((source.path, source.target(n)) in edited for n in (node, call) if n is not None)


def _forms(uses: Uses, edits: dict[tuple[object, object], Edit]) -> dict[tuple[str, ...], set[Form]]:
    """What each chain of methods became."""
    forms: dict[tuple[str, ...], set[Form]] = defaultdict(set)
    for site, source in uses.sites.items():
        chain = outward(uses, site)
        edit = edits.get((source.path, source.target(chain.end))) if chain.end is not None else None
        if chain.end is None or edit is None or not isinstance(edit.op, Replace):
            continue
        calls = _calls(edit.op.template)
        if calls:
            methods = (*(method_of(link) for link in chain.links), method_of(chain.end))
            forms[methods].add(Form(calls, edit.group))
    return forms


def _methods(edits: Iterable[Edit], all_converted: bool) -> frozenset[str]:
    """The methods of sessions that run what were queries, and `query` where some are left."""
    templates = [e.op.template for e in edits if isinstance(e.op, Replace)]
    found = {name for name in RUNS if any(f".{name}(" in template for template in templates)}
    return frozenset(found if all_converted or not found else found | {"query"})


def _calls(template: str) -> tuple[str, ...]:
    """`$s.scalars($q).all()` to `("scalars", "all")`."""
    node = ast.parse(template.replace("$", "_hole_"), mode="eval").body
    found: list[str] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        found.insert(0, node.func.attr)
        if node.func.attr in RUNS:
            return tuple(found)
        node = node.func.value
    return ()


def _setting(uses: Uses, mocks: TestMocks, path: str, node: ast.Assign) -> Setting | None:
    target = node.targets[0]
    if len(node.targets) != 1 or not isinstance(target, ast.Attribute) or target.attr not in CONFIGURED:
        return None
    if not isinstance(target.value, ast.Attribute):
        return None
    methods = [target.value.attr]
    current = target.value.value
    while True:
        inner = current.func if isinstance(current, ast.Call) else None
        inner = current.value if isinstance(current, ast.Attribute) and current.attr == "return_value" else inner
        if not isinstance(inner, ast.Attribute):
            return None
        if inner.attr == "query":
            session = _mocked_query(uses, mocks, inner)
            return Setting(path, node, target, session, tuple(methods)) if session is not None else None
        methods.insert(0, inner.attr)
        current = inner.value


def _mocked_query(uses: Uses, mocks: TestMocks, node: ast.AST) -> ast.expr | None:
    """The mocked session in `session.query`."""
    if not isinstance(node, ast.Attribute) or node.attr != "query":
        return None
    stand = mocks.stand(uses.program.scope_of(node), node.value)
    return node.value if stand is not None and stand.kind is Kind.SESSION else None


def _edits(places: Places, setting: Setting, form: Form) -> Iterator[Edit]:
    """`db.scalar.return_value = user`, or `db.scalars.return_value = MagicMock(all=MagicMock(return_value=users))`."""
    program = places.program
    place = places.of(program.modules[setting.path].source)
    first, *rest = form.calls
    how = setting.target.attr if not rest else "return_value"
    op = Replace(f"$m.{first}.{how}", (place.hole("m", setting.session),))
    yield replace(place.edit(setting.target, op, _WHY), group=form.group)
    if rest:
        mock, imports = bring(program, setting.path, "unittest.mock", "MagicMock")
        value = f"{mock}({setting.target.attr}=$it)"
        for name in reversed(rest[1:]):
            value = f"{mock}(return_value={mock}({name}={value}))"
        edit = place.edit(setting.node.value, Replace(f"{mock}({rest[0]}={value})"), _WHY, imports)
        yield replace(edit, group=form.group)


def _finding(uses: Uses, path: str, node: ast.AST) -> Finding:
    return Finding(
        NAME,
        path,
        uses.program.modules[path].source.span(node),
        "query-mock",
        "a test mocks the legacy query of a session, and the code may run a select now",
        "mock the method of the session that the code calls, or test with a database",
    )

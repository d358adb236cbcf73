"""Mocked sessions in tests: `db.query.return_value.filter.return_value.first.return_value = user`.

Such a chain names the methods of a legacy query one by one. Where the code with just these methods runs a select, the
mock gives its value to the method of the session that the code calls now.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from asyncify.analysis.bindings import bring
from asyncify.analysis.mock_origins import Origin
from asyncify.analysis.mock_stands import Kind, TestMocks
from asyncify.analysis.source import SourceFile
from asyncify.model.edit import Edit, Finding, TextEdit
from asyncify.model.ops import Replace
from asyncify.model.span import Target
from asyncify.transforms.query.asserted_mocks import assertion_edits
from asyncify.transforms.query.chains import outward
from asyncify.transforms.query.decisions import NAME, Places
from asyncify.transforms.query.fakes import fake_edits
from asyncify.transforms.query.patched_queries import patched, patched_sessions
from asyncify.transforms.query.raising_mocks import is_exception, raising_edits
from asyncify.transforms.query.replayed_mocks import Helpers, answers, replayed
from asyncify.transforms.query.uses import Uses, method_of

CONFIGURED = ("return_value", "side_effect")
RUNS = frozenset({"scalar", "scalars", "execute", "exec", "get"})
#: what the result of an UPDATE or DELETE tells, which the query gave itself
COUNT = "rowcount"
CHANGES = ("update", "delete")
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
class Left:
    """What is said of the query of a mock and cannot be said of a select. session: the mock."""

    path: str
    node: ast.AST
    session: ast.expr


@dataclass(frozen=True)
class Form:
    """What runs instead: `("scalars", "all")`. group: that of the edits that make it so."""

    calls: tuple[str, ...]
    group: str


def mocked(
    uses: Uses, places: Places, edits: Collection[Edit], *, all_converted: bool
) -> tuple[list[Edit], list[TextEdit], list[Finding]]:
    """The edits of mocks for queries that become selects, new files that they need, and findings for the mocks that
    cannot follow.

    all_converted: whether no query of the program stays.
    """
    mocks = uses.program.mock_origins.mocks if edits else TestMocks()
    work = _Mocked(uses, places, edits, mocks, all_converted)
    made, left = work.decide()
    answering = {origin for one in left for origin in work.origins.of(one.session)}
    if answering:
        work.answering = frozenset(answering)
        made, left = work.decide()
    helpers = Helpers(uses.program)
    made += replayed(uses.program, mocks, answering, helpers)
    made += fake_edits(uses, edits, helpers)
    program, real = uses.program, patched_sessions(uses.program) if edits else {}
    findings = [
        _finding(uses, one.path, one.node)
        for one in left
        if (program.scope_of(one.node), program.modules[one.path].source.segment(one.session)) not in real
    ]
    for item in patched(uses.program, helpers) if edits else ():
        if isinstance(item, Edit):
            made.append(item)
        else:
            findings.append(_finding(uses, *item))
    return made, list(helpers.new.values()), findings


def asked_of_mocks(uses: Uses, places: Places) -> tuple[list[Edit], list[TextEdit]]:
    """The edits of mocks that are told what queries give which all stay, and new files that they need.

    The code asks the session inside for them, which the mock then is itself.
    """
    mocks = uses.program.mock_origins.mocks
    work = _Mocked(uses, places, (), mocks, all_converted=False)
    told = [s for path in work.paths() for node in _nodes(uses, path) if (s := work.mocked_query(node)) is not None]
    origins = {origin for session in told for origin in work.origins.of(session)}
    helpers = Helpers(uses.program)
    made = list(replayed(uses.program, mocks, {o for o in origins if not answers(uses.program, mocks, o)}, helpers))
    return made, list(helpers.new.values())


def _nodes(uses: Uses, path: str) -> Sequence[ast.AST]:
    return uses.program.modules[path].source.nodes


class _Mocked:
    """answering: where mocks are made that go on to answer queries, so that what tests say of them stays."""

    def __init__(
        self, uses: Uses, places: Places, edits: Collection[Edit], mocks: TestMocks, all_converted: bool
    ) -> None:
        self.uses = uses
        self.places = places
        self.mocks = mocks
        self.forms = _forms(uses, {(e.path, e.target): e for e in edits})
        # what is a select itself by then is asked of a real session
        self.edited = {(e.path, e.target) for e in edits}
        self.runs = _methods(edits, all_converted)
        self.origins = uses.program.mock_origins
        self.answering: frozenset[Origin] = frozenset()

    def decide(self) -> tuple[list[Edit], list[Left]]:
        """The edits that say the same of selects, and what cannot be said."""
        made: list[Edit] = []
        left: list[Left] = []
        settings: dict[tuple[object, str], list[Setting]] = defaultdict(list)
        for path in self.paths():
            made += self._file(path, settings, left)
        running: dict[tuple[object, str], set[str]] = defaultdict(set)
        for key, group in settings.items():
            by_call: dict[str, set[tuple[str, ...]]] = defaultdict(set)
            for setting in group:
                for form in self.forms.get(setting.methods, ()):
                    by_call[form.calls[0]].add(setting.methods)
            for setting in group:
                found_forms = self.forms.get(setting.methods, set())
                calls = {f.calls for f in found_forms}
                said = COUNT not in next(iter(calls), ()) or _says_count(setting)
                if said and len(calls) == 1 and len(by_call[next(iter(calls))[0]]) == 1:
                    made += _edits(self.places, setting, min(found_forms, key=lambda f: f.group))
                    running[key].add(next(iter(calls))[0])
                else:
                    running[key].add("")
                    left.append(Left(setting.path, setting.target, setting.session))
        return made + self._asserted(left, running), left

    def paths(self) -> list[str]:
        """The files that name mocks."""
        mocks = self.mocks
        named = {getattr(function, "path", "") for function, _ in mocks.names} - {""}
        return sorted({path for path, _ in mocks.sites.values()} | named)

    def _file(self, path: str, settings: dict[tuple[object, str], list[Setting]], left: list[Left]) -> Iterator[Edit]:
        """The edits of what refuses queries; adds what is set and what is left of a file."""
        source, settled = self.uses.program.modules[path].source, set()
        for query, edit in raising_edits(self.places, path, self.mocked_query, self.runs) if self.runs else ():
            yield edit
            settled.add(query)
        for node in source.nodes:
            if isinstance(node, ast.Assign) and (found := self._setting(path, node)):
                settings[self.uses.program.scope_of(node), source.segment(found.session)].append(found)
                settled |= set(ast.walk(found.target))
        for node in source.nodes:
            session = self.mocked_query(node) if node not in settled else None
            if session is not None and not _edited(source, node, self.edited):
                left.append(Left(path, node, session))

    def _asserted(self, left: list[Left], running: dict[tuple[object, str], set[str]]) -> list[Edit]:
        """The edits of assertions, which are left no longer."""
        made: list[Edit] = []
        program = self.uses.program
        for one in list(left):
            if isinstance(one.node, ast.Attribute) and one.node.attr == "query":
                calls = running[program.scope_of(one.node), program.modules[one.path].source.segment(one.session)]
                if len(calls) == 1 and "" not in calls:
                    asserted = list(assertion_edits(self.places, one.path, one.node, next(iter(calls))))
                    made += asserted
                    if asserted:
                        left.remove(one)
        return made

    def mocked_query(self, node: ast.AST) -> ast.expr | None:
        """The mocked session in `session.query`."""
        if not isinstance(node, ast.Attribute) or node.attr != "query":
            return None
        scope = self.uses.program.scope_of(node)
        stand = self.mocks.stand(scope, node.value)
        also = isinstance(node.value, ast.Name) and (scope, node.value.id) in self.mocks.sessions
        if not also and (stand is None or stand.kind is not Kind.SESSION):
            return None
        return None if self.answering and self.origins.of(node.value) & self.answering else node.value

    def _setting(self, path: str, node: ast.Assign) -> Setting | None:
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
                session = self.mocked_query(inner)
                return Setting(path, node, target, session, tuple(methods)) if session is not None else None
            methods.insert(0, inner.attr)
            current = inner.value


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
            # one that nobody asks for its count has it all the same
            forms[methods].add(Form((*calls, COUNT) if methods[-1] in CHANGES else calls, edit.group))
    return forms


def _methods(edits: Iterable[Edit], all_converted: bool) -> frozenset[str]:
    """The methods of sessions that run what were queries, and `query` where some are left."""
    templates = [e.op.template for e in edits if isinstance(e.op, Replace)]
    found = {name for name in RUNS if any(f".{name}(" in template for template in templates)}
    return frozenset(found if all_converted or not found else found | {"query"})


def _calls(template: str) -> tuple[str, ...]:
    """`$s.scalars($q).all()` to `("scalars", "all")`; the count of an UPDATE is no call."""
    node = ast.parse(template.removesuffix(f".{COUNT}").replace("$", "_hole_"), mode="eval").body
    found: list[str] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        found.insert(0, node.func.attr)
        if node.func.attr in RUNS:
            return tuple(found)
        node = node.func.value
    return ()


def _edits(places: Places, setting: Setting, form: Form) -> Iterator[Edit]:
    """`db.scalar.return_value = user`, or `db.scalars.return_value = MagicMock(all=MagicMock(return_value=users))`;
    `db.execute.return_value = MagicMock(rowcount=1)`."""
    program = places.program
    place = places.of(program.modules[setting.path].source)
    first, *rest = form.calls
    rest = [] if rest == [COUNT] and setting.target.attr == "side_effect" else rest
    how = setting.target.attr if not rest else "return_value"
    op = Replace(f"$m.{first}.{how}", (place.hole("m", setting.session),))
    yield replace(place.edit(setting.target, op, _WHY), group=form.group)
    if rest:
        mock, imports = bring(program, setting.path, "unittest.mock", "MagicMock")
        value = "$it" if rest == [COUNT] else f"{mock}({setting.target.attr}=$it)"
        for name in reversed(rest[1:]):
            value = f"{mock}(return_value={mock}({name}={value}))"
        edit = place.edit(setting.node.value, Replace(f"{mock}({rest[0]}={value})"), _WHY, imports)
        yield replace(edit, group=form.group)


def _says_count(setting: Setting) -> bool:
    """Whether a test says one count of an UPDATE or DELETE, or that it fails; not what it gives time after time."""
    return setting.target.attr == "return_value" or is_exception(setting.node.value)


def _finding(uses: Uses, path: str, node: ast.AST) -> Finding:
    return Finding(
        NAME,
        path,
        uses.program.modules[path].source.span(node),
        "query-mock",
        "a test mocks the legacy query of a session, and the code may run a select now",
        "mock the method of the session that the code calls, or test with a database",
    )

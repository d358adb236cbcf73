"""Hand-written fakes of sessions: their `query` goes on to answer, and methods that run statements come beside it.

A test gives `FakeSession()` to code that calls `db.query(User).filter(...).first()`; the code runs
`db.scalar(select(User).where(...).limit(1))`. The fake gets a `scalar` then, which asks its `query` for the same.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator
from types import MappingProxyType

from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Fn, is_session
from asyncify.knowledge import names
from asyncify.model.edit import Edit
from asyncify.model.ops import InsertStatements, Replace
from asyncify.transforms.query.decisions import NAME
from asyncify.transforms.query.replayed_mocks import WHY, Helpers
from asyncify.transforms.query.uses import Site, Uses, is_of_tests

ANSWER = "answer_statement"
#: methods of sessions -> the body that asks `query`
BODIES = MappingProxyType(
    {
        "execute": "(self, statement, *args, **kwargs):\n    return {answer}(self.query, statement)",
        "exec": "(self, statement, *args, **kwargs):\n    return {answer}(self.query, statement)",
        "get": "(self, entity, ident, **kwargs):\n    return self.query(entity).get(ident)",
        "scalar": "(self, statement, *args, **kwargs):\n    return {answer}(self.query, statement).scalar()",
        "scalars": "(self, statement, *args, **kwargs):\n    return {answer}(self.query, statement)",
    }
)


def fake_edits(uses: Uses, edits: Collection[Edit], helpers: Helpers) -> Iterator[Edit]:
    """The methods that the fakes need. edits: those that make selects of the queries."""
    run: dict[str, set[str]] = defaultdict(set)
    for edit in edits:
        if isinstance(edit.op, Replace):
            run[edit.group] |= {name for name in BODIES if f".{name}(" in edit.op.template}
    needed: dict[ClassInfo, dict[str, str]] = defaultdict(dict)
    for site in uses.sites:
        group = uses.group_name(site)
        for fake in _fakes(uses, site):
            for name in sorted(run.get(group, ())):
                if uses.program.classes.method(fake, name) is None:
                    needed[fake][name] = min(group, needed[fake].get(name, group))
    for fake in sorted(needed, key=lambda c: (c.path, c.node.lineno)):
        target = uses.program.modules[fake.path].source.target(fake.node.body[-1])
        for name, group in sorted(needed[fake].items(), reverse=True):  # each goes right behind that statement
            wrapped = _wrapped(uses, fake)
            asks = "{answer}" in BODIES[name] and not wrapped
            alias, imports = helpers.use(fake.path, ANSWER) if asks else ("", ())
            body = _passed_on(wrapped, name) if wrapped else BODIES[name].format(answer=alias)
            op = InsertStatements(f"\ndef {name}{body}")
            yield Edit(NAME, fake.path, target, op, imports, group=group, because=WHY)


def _fakes(uses: Uses, site: Site) -> Iterator[ClassInfo]:
    """The classes of tests whose `query` is called at a place that makes a query."""
    func = getattr(site, "func", None)
    for value in uses.program.values(func) if func is not None else ():
        owner = value.info.cls if isinstance(value, Fn) else None
        if owner is not None and is_of_tests(value):
            if not uses.program.classes.derives_from(owner, names.SESSION, names.SQLMODEL_SESSION):
                yield owner


def _wrapped(uses: Uses, fake: ClassInfo) -> str:
    """The session to which a fake hands what its `query` is asked: `return self.real.query(*args)`. Empty if none."""
    method = uses.program.classes.method(fake, "query")
    last = method.node.body[-1] if method is not None else None
    call = last.value if isinstance(last, ast.Return) else None
    asks = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "query"
    inner = call.func.value if asks and isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    plain = isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "self"
    return ast.unparse(inner) if inner is not None and plain and is_session(uses.program.values(inner)) else ""


def _passed_on(session: str, name: str) -> str:
    first = "entity, ident" if name == "get" else "statement, *args"
    return f"(self, {first}, **kwargs):\n    return {session}.{name}({first}, **kwargs)"

"""Columns that the database changes with an UPDATE: they are expired by it, and the next read loads them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import InsertStatements, Replace
from asyncify.model.span import Place, Target
from asyncify.transforms.eager.inserted import is_computed, plan_nulls
from asyncify.transforms.eager.reading import Helped, Reading

SETTING = '"eager_defaults": True'


def plan_defaults(program: Program, reading: Reading) -> Iterator[tuple[Edit, Helped]]:
    """`eager_defaults` for every class with such a column that something reads: each edit, and what it helps.

    Source: SQLAlchemy "Column INSERT/UPDATE Defaults", `Mapper.eager_defaults`; with it the UPDATE itself gives the
    new value back where the database can, and an `expire_on_commit=False` session has nothing left to load.
    """
    for owner in program.classes.all:
        models = [c for c in (owner, *program.classes.descendants(owner)) if program.orm.is_model(c)]
        names = [
            name
            for name, stmt in owner.attributes.items()
            if _changes_in_database(program, owner, stmt)
            or (any((c, name) in reading.fetched for c in models) and _is_made_in_database(program, owner, stmt))
        ]
        read = sorted({name for info, name in reading.columns if name in names and info in models})
        changed = [c for c in models if any((c, name) in reading.columns for name in read) and c in reading.changed]
        if not changed:
            continue
        when = "UPDATE" if _changes_in_database(program, owner, owner.attributes[read[0]]) else "INSERT"
        because = f"{read[0]} is set by the database with every {when}, and read after it"
        helped = frozenset((c, name) for c in changed for name in read)
        # a mixin passes the setting on; it is set there only where every model of it needs it
        holders = [owner] if set(changed) == set(models) else changed
        given: list[tuple[Edit, Helped]] = []
        for info in dict.fromkeys((*holders, *changed)):
            own = info.attributes.get("__mapper_args__")
            if own is not None and isinstance(own.value, ast.Dict):
                if not _is_set(own.value):
                    given.append((_extend(info, own.value, because), frozenset(h for h in helped if h[0] is info)))
            elif own is None and info in holders and "__mapper_args__" not in info.methods:
                if not _inherits(program, info):
                    mine = frozenset(h for h in helped if _sets(program, h[0], info))
                    given.append((_insert(info, because), mine))
        if given:
            updated = [n for n, stmt in owner.attributes.items() if _changes_in_database(program, owner, stmt)]
            yield from ((edit, frozenset()) for edit in plan_nulls(program, owner, updated))
        yield from given


def _sets(program: Program, info: ClassInfo, holder: ClassInfo) -> bool:
    """Whether a class gets the setting that a class is given: it has none of its own."""
    return info is holder or ("__mapper_args__" not in info.attributes and holder in program.classes.ancestors(info))


def _inherits(program: Program, info: ClassInfo) -> bool:
    """Whether a class above has the setting already."""
    for base in program.classes.ancestors(info):
        own = base.attributes.get("__mapper_args__") if isinstance(base, ClassInfo) else None
        if own is not None:
            return isinstance(own.value, ast.Dict) and _is_set(own.value)
    return False


def _changes_in_database(program: Program, owner: ClassInfo, stmt: ast.Assign | ast.AnnAssign) -> bool:
    """Whether a column has an SQL expression for UPDATE; a Python callable there costs no load."""
    return _has_expression(program, owner, stmt, "onupdate", "server_onupdate")


def _is_made_in_database(program: Program, owner: ClassInfo, stmt: ast.Assign | ast.AnnAssign) -> bool:
    """Whether the database makes the value of a column with INSERT, or computes it."""
    value = stmt.value
    computed = isinstance(value, ast.Call) and any(is_computed(program, owner, a) for a in value.args)
    return computed or _has_expression(program, owner, stmt, "default", "server_default")


def _has_expression(
    program: Program, owner: ClassInfo, stmt: ast.Assign | ast.AnnAssign, client: str, server: str
) -> bool:
    """Whether a column has one of two settings. client: of SQLAlchemy, which may be a Python value or callable."""
    if stmt.value is None:
        return False
    for node in ast.walk(stmt.value):
        pairs: list[tuple[str | None, ast.expr]] = []
        if isinstance(node, ast.Call):
            pairs = [(k.arg, k.value) for k in node.keywords]
        elif isinstance(node, ast.Dict):  # SQLModel: sa_column_kwargs={"onupdate": func.now()}
            entries = zip(node.keys, node.values, strict=True)
            pairs = [(str(k.value), v) for k, v in entries if isinstance(k, ast.Constant)]
        for name, value in pairs:
            if name == server:
                return True
            if name == client and isinstance(value, ast.Call):
                made = program.names.resolve_expression(owner.path, value.func)
                if isinstance(made, Ext) and made.name.startswith("sqlalchemy."):
                    return True
    return False


def _is_set(mapper_args: ast.Dict) -> bool:
    return any(isinstance(k, ast.Constant) and k.value == "eager_defaults" for k in mapper_args.keys)


def _insert(owner: ClassInfo, because: str) -> Edit:
    """Below `__tablename__`, else on top of the class."""
    line = f"__mapper_args__ = {{{SETTING}}}\n"
    anchor: ast.stmt | None = owner.attributes.get("__tablename__")
    op = InsertStatements(line) if anchor is not None else InsertStatements(line, "inside")
    target = Target(owner.source.span(anchor if anchor is not None else owner.node), Place.STATEMENT)
    return Edit("eager", owner.path, target, op, because=because)


def _extend(owner: ClassInfo, mapper_args: ast.Dict, because: str) -> Edit:
    text = owner.source.segment(mapper_args)
    inner = text[1:-1].rstrip()
    comma = "" if not inner or inner.endswith(",") else ","
    return Edit(
        "eager", owner.path, owner.source.target(mapper_args), Replace(f"{{{inner}{comma} {SETTING}}}"), because=because
    )

"""What the program writes: which instances a session may hold that a commit makes outdated.

A sync session expires everything with a commit and reads it again; one with `expire_on_commit=False` keeps what it
has. That is the same, but for what the database knows better: rows that statements changed, collections that grew from
their other side, computed columns, and values that a column makes another one of.
Source: SQLAlchemy "Session Basics", "Committing"; asyncio, "Preventing Implicit IO when Using AsyncSession".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

from asyncify.analysis.association_rows import association_classes
from asyncify.analysis.expiry.column_defaults import ColumnDefaults, Given
from asyncify.analysis.expiry.computed import mapped
from asyncify.analysis.expiry.events import ASKING, is_model_instance, read_in_greenlet
from asyncify.analysis.expiry.listened import storing_listeners
from asyncify.analysis.expiry.own_reads import own_reads
from asyncify.analysis.expiry.settled import settled_line
from asyncify.analysis.names import Assigned
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.texts import OTHERS, is_text, keeps_text
from asyncify.analysis.values import Cls, Ext, Inst, has, objects
from asyncify.knowledge import names

#: of statements, in SQLAlchemy's core and of a session or query: what changes rows behind the back of instances
WRITES = frozenset({"sqlalchemy.insert", "sqlalchemy.update", "sqlalchemy.delete"})
TABLE_WRITES = frozenset({"insert", "update", "delete"})
#: methods of collections
PUTTING = frozenset({"append", "extend", "add", "insert"})
TAKING = frozenset({"remove", "clear", "pop"})
BULK = frozenset("bulk_save_objects bulk_insert_mappings bulk_update_mappings".split())
#: types whose values come back as something else than they were given. Source: SQLAlchemy "The Type Hierarchy":
#: time zones that a database does not keep, scales of numbers, members of enumerations
CHANGING = frozenset("DateTime TIMESTAMP Numeric DECIMAL Enum Interval".split())
#: the words with which textual statements begin that write rows
WRITING = frozenset("insert update delete merge replace truncate call do with".split())
ANYTHING = "*"
PLACES = (ast.expr, ast.stmt)


@dataclass(frozen=True)
class Change:
    """One way in which rows are written. info: whose; None where that is not known.

    attribute: the one that is set, `ANYTHING` where it is not known which; empty for rows that come, go or change.
    behind: it is done by a statement, so that instances do not know of it. same: an attribute is set to what is sure to
    be the same once it is loaded, or a collection only loses instances. deletes: an instance is deleted. made: the
    attribute is one of a new instance. other: a column that is no text is given one. replaced: it gets another value,
    which may be another collection.
    """

    info: ClassInfo | None
    attribute: str = ""
    behind: bool = False
    same: bool = False
    deletes: bool = False
    made: bool = False
    other: bool = False
    replaced: bool = False


class Changes:
    """Finds what functions write. One for each program, which is asked for the same again and again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.before = cache(self._before)
        self.outdates = cache(self._outdates)
        self.own = cache(self._find_own)
        self.callees = cache(self._find_callees)
        self.reached = cache(self._find_reached)
        self.deletes = cache(self._deletes)
        self._column_defaults = ColumnDefaults(program)
        self._listened = cache(self._find_listened)
        self._settled_line = cache(partial(settled_line, program))
        self.computed = cache(partial(mapped, program))
        self._own_reads = cache(partial(own_reads, program))
        self._is_changing = cache(self._find_is_changing)
        self._between = cache(lambda relationship: tuple(association_classes(program, relationship)))

    def _find_own(self, function: FunctionInfo) -> tuple[tuple[ast.expr | ast.stmt, Change], ...]:
        """What the body of a function itself writes, and where."""
        return tuple((n, c) for n in function.nodes if isinstance(n, PLACES) for c in self._of(function, n))

    def _find_callees(self, function: FunctionInfo) -> tuple[tuple[ast.Call, FunctionInfo], ...]:
        calls = (node for node in function.nodes if isinstance(node, ast.Call))
        return tuple((node, called.info) for node in calls for called in self.program.calls(node))

    def _before(
        self, function: FunctionInfo, line: int, left_out: frozenset[ast.AST] = frozenset()
    ) -> frozenset[Change]:
        """What a function has written, itself or by calls, up to a line of its own. left_out: statements of it."""
        own = [(at, change) for at, change in self.own(function) if at.lineno <= line and at not in left_out]
        found = {self._settled(function, at, change, line) for at, change in own}
        for called in {called for at, called in self.callees(function) if at.lineno <= line}:
            found |= self.reached(called)
        return frozenset(found | {change for one in found for change in self._listened(one)})

    def _find_listened(self, change: Change) -> frozenset[Change]:
        """What listeners write when a change is stored."""
        heard = (written for info, written in self._listeners if info is None or self._kin(change.info, info))
        return frozenset(one for written in heard for one in written)

    @cached_property
    def _listeners(self) -> list[tuple[ClassInfo | None, frozenset[Change]]]:
        """What listeners write into known tables by statements, with the class of what must be stored for that."""
        return [
            (info, frozenset(c for c in self.reached(function) if c.behind and c.info is not None))
            for info, function in storing_listeners(self.program)
        ]

    def _find_reached(self, function: FunctionInfo) -> frozenset[Change]:
        """What a function and all that it calls write."""
        seen, stack = {function}, [function]
        for one in stack:
            for _, called in self.callees(one):
                if called not in seen:
                    seen.add(called)
                    stack.append(called)
        return frozenset(self._settled(one, at, change) for one in stack for at, change in self.own(one))

    def _settled(
        self, function: FunctionInfo, at: ast.expr | ast.stmt, change: Change, line: int | None = None
    ) -> Change:
        """A change as it is further down, before a line or when its function has returned: what a new instance was
        given is the same once it has been loaded again."""
        if not change.made or change.same or not isinstance(at, ast.Call):
            return change
        loaded = self._settled_line(function, at)
        return replace(change, same=True) if loaded is not None and (line is None or loaded < line) else change

    def _deletes(self, info: ClassInfo) -> bool:
        """Whether instances of a class are deleted anywhere in the program."""
        functions = self.program.functions
        return any(c.deletes and self._kin(c.info, info) for f in functions for _, c in self.own(f))

    def _outdates(self, changes: frozenset[Change], info: ClassInfo, attribute: str) -> bool:
        """Whether an attribute of an instance, or what a method of that name reads, is another one after some changes
        and a commit than before. What may be deleted keeps what it had, in a sync session too."""
        if any(change.deletes and self._kin(change.info, info) for change in changes):
            return False
        names = self._own_reads(info, attribute)
        return any(self.differs(change, info, name) for change in changes for name in names)

    def _of(self, function: FunctionInfo, node: ast.AST) -> Iterator[Change]:
        if isinstance(node, ast.Call):
            yield from self._call(function, node)
            yield from self._named_statements(function, node)
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and is_model_instance(self.program, target.value):
                    for found in objects(self.program.values(target.value)):
                        value = node.value if not isinstance(node, ast.AugAssign) else None
                        same = self._comes_back(function.path, value)
                        other = self._is_other(found.info, target.attr, value)
                        yield Change(found.info, target.attr, same=same, other=other, replaced=True)
                        yield from self._defaults(found.info, self._column_defaults.changed(found.info))

    def _call(self, function: FunctionInfo, node: ast.Call) -> Iterator[Change]:
        for value in self.program.values(node.func):
            if isinstance(value, Cls) and self.program.orm.is_model(value.info):
                yield Change(value.info)
                for keyword in node.keywords:
                    same = keyword.arg is not None and self._comes_back(function.path, keyword.value)
                    other = self._is_other(value.info, keyword.arg or "", keyword.value)
                    yield Change(value.info, keyword.arg or ANYTHING, same=same, made=True, other=other)
                named = {keyword.arg for keyword in node.keywords}
                left = [one for one in self._column_defaults.made(value.info) if one.name not in named]
                yield from self._defaults(value.info, left, made=True)
        made = self.program.names.resolve_expression(function.path, node.func)
        name = made.name if isinstance(made, Ext) else ""
        if name in WRITES and node.args:
            yield from self._statement(node.args[0], deletes=name == "sqlalchemy.delete")
        elif name == "sqlalchemy.text" and not self._selects(node):
            yield Change(None, behind=True)
        elif isinstance(node.func, ast.Name) and node.func.id == "setattr" and node.args:
            for found in objects(self.program.values(node.args[0])):
                key = node.args[1] if len(node.args) > 1 else None
                yield Change(found.info, str(key.value) if isinstance(key, ast.Constant) else ANYTHING)
        elif isinstance(node.func, ast.Attribute):
            yield from self._method(node, node.func)

    def _named_statements(self, function: FunctionInfo, node: ast.Call) -> Iterator[Change]:
        """Those of a statement that a file keeps under a name: `db.execute(TOUCH_ALL)`."""
        for argument in node.args[:1] if isinstance(node.func, ast.Attribute) and node.func.attr in ASKING else ():
            found = self.program.names.resolve_expression(function.path, argument)
            for part in ast.walk(found.value) if isinstance(found, Assigned) else ():
                if isinstance(part, ast.Call):
                    yield from self._call(function, part)

    def _defaults(self, info: ClassInfo, given: Iterable[Given], *, made: bool = False) -> Iterator[Change]:
        """What columns get by themselves."""
        for one in given:
            yield Change(info, one.name, same=self._default_comes_back(one.path, one.value), made=made)

    def _method(self, node: ast.Call, func: ast.Attribute) -> Iterator[Change]:
        base = self.program.values(func.value)
        if func.attr == "delete" and node.args:
            infos = [found.info for found in objects(self.program.values(node.args[0]))]
            # in a method of all models, those of which it is called say more than the base
            models = [info for info in infos if self.program.orm.is_model(info)]
            yield from (Change(info, deletes=True) for info in models or infos)
        elif func.attr in ("update", "delete") and has(base, names.QUERY, names.DYNAMIC):
            parts = (part for value in base if isinstance(value, Inst) for part in value.args)
            gone = func.attr == "delete"
            yield from (Change(v.info, behind=True, deletes=gone) for part in parts for v in part if isinstance(v, Cls))
        elif func.attr in TABLE_WRITES and isinstance(func.value, ast.Attribute) and func.value.attr == "__table__":
            infos = [v.info for v in self.program.values(func.value.value) if isinstance(v, Cls)]
            yield from (Change(info, behind=True, deletes=func.attr == "delete") for info in infos)
        elif func.attr in BULK:
            yield Change(None, behind=True)
        elif func.attr in PUTTING | TAKING:
            instance, name = self._collection(func.value)
            for found in objects(self.program.values(instance)) if instance is not None else ():
                if self.program.orm.relationship(found.info, name) is not None:
                    yield Change(found.info, name, same=func.attr in TAKING)

    def _collection(self, node: ast.expr) -> tuple[ast.expr | None, str]:
        """The instance and the attribute of what is changed, also where an earlier run has let that wait."""
        node = node.value if isinstance(node, ast.Await) else node
        read = read_in_greenlet(self.program, node)
        if read is None and isinstance(node, ast.Attribute):
            return node.value, node.attr
        return read or (None, "")

    def _statement(self, table: ast.expr, *, deletes: bool) -> Iterator[Change]:
        infos = [v.info for v in self.program.values(table) if isinstance(v, Cls)]
        if not infos:
            yield Change(None, behind=True)
        yield from (Change(info, behind=True, deletes=deletes) for info in infos)

    def _selects(self, node: ast.Call) -> bool:
        first = node.args[0] if node.args else None
        text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
        return text is not None and text.split(None, 1)[:1] != [] and text.split(None, 1)[0].lower() not in WRITING

    # -- what a change means for a read --------------------------------------------------------------

    def differs(self, change: Change, info: ClassInfo, attribute: str) -> bool:
        """Whether an attribute of an instance is another one after a change and a commit than before."""
        if change.behind and change.info is None:
            return True
        relationship = self.program.orm.relationship(info, attribute)
        if relationship is not None:
            ends = (relationship.target, *self._between(relationship))
            return any(end is None or self._touches(change, info, end, attribute) for end in ends)
        if attribute in self.computed(info):
            return True
        if not self._kin(change.info, info):
            return False
        if change.behind:
            return True
        if change.other and change.attribute == attribute:
            return True
        return not change.same and change.attribute in (attribute, ANYTHING) and self._is_changing(info, attribute)

    def _is_other(self, info: ClassInfo, attribute: str, value: ast.expr | None) -> bool:
        """Whether a column is given a text, and gives a number, a date or an identifier back."""
        if value is None or not self.program.orm.type_names(info, attribute) & (OTHERS | IDENTIFIERS):
            return False
        column = self.program.orm.columns(info)[attribute]
        return is_text(self.program, value) is True and not keeps_text(column.call)

    def _default_comes_back(self, path: str, value: ast.expr) -> bool:
        """The same for a default, which is a value or makes one."""
        if isinstance(value, ast.Lambda):
            return self._comes_back(path, value.body)
        if isinstance(value, (ast.Name, ast.Attribute)):
            made = self.program.names.resolve_expression(path, value)
            if isinstance(made, FunctionInfo):
                given = [node.value for node in made.nodes if isinstance(node, ast.Return)]
                return bool(given) and all(self._comes_back(made.path, one) for one in given)
            if isinstance(made, Ext):
                return made.name in NAIVE
        return self._comes_back(path, value)

    def _comes_back(self, path: str, value: ast.expr | None) -> bool:
        """Whether a value is sure to be the same once it is loaded: a member of an enumeration, a time without zone.
        What SQL makes is loaded with the flush."""
        if isinstance(value, ast.Constant):
            return value.value is None
        if isinstance(value, ast.Attribute):
            found = self.program.names.resolve_expression(path, value.value)
            return isinstance(found, ClassInfo) and self.program.classes.derives_from(found, *COERCING[:3])
        if isinstance(value, ast.Call):
            made = self._library(path, value.func)
            return made.startswith("sqlalchemy.") or (made in NAIVE and not value.args and not value.keywords)
        return False

    def _touches(self, change: Change, info: ClassInfo, target: ClassInfo, attribute: str) -> bool:
        """Whether a change may alter what a relationship holds."""
        if change.behind or not change.attribute:
            return self._kin(change.info, target)
        assert change.info is not None
        other = self.program.orm.relationship(change.info, change.attribute)
        if other is not None:
            if change.attribute == attribute and self._kin(change.info, info):
                return _is_ordered(other)  # it holds what was put in, but not in the place that it has by its order
            ends = (change.info, other.target)
            return any(self._kin(e, info) for e in ends) and any(self._kin(e, target) for e in ends)
        keys = self.program.orm.foreign_keys(change.info)
        return (change.attribute == ANYTHING or change.attribute in keys) and (
            self._kin(change.info, target) or self._kin(change.info, info)
        )

    def _kin(self, one: ClassInfo | None, other: ClassInfo) -> bool:
        """Whether instances of one class may be of another. None: it is not known which."""
        return one is None or self.program.classes.are_kin(one, other)

    def _library(self, path: str, node: ast.expr) -> str:
        found = self.program.names.resolve_expression(path, node)
        return found.name if isinstance(found, Ext) else ""

    def _find_is_changing(self, info: ClassInfo, attribute: str) -> bool:
        """Whether the type of a column gives other values back than it is given."""
        if attribute not in self.program.orm.columns(info):
            return False
        for base in self.program.classes.ancestors(info):
            stmt = base.attributes.get(attribute) if isinstance(base, ClassInfo) else None
            if stmt is not None and isinstance(base, ClassInfo):
                call = stmt.value if isinstance(stmt.value, ast.Call) else None
                parts: list[ast.AST] = [*call.args, *(k.value for k in call.keywords)] if call is not None else []
                parts += [stmt.annotation] if isinstance(stmt, ast.AnnAssign) else []
                return any(self._changes_values(base, node) for part in parts for node in ast.walk(part))
        return False

    def _changes_values(self, base: ClassInfo, node: ast.AST) -> bool:
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return False
        found = self.program.names.resolve_expression(base.path, node)
        if isinstance(found, ClassInfo):
            return self.program.classes.derives_from(found, *COERCING)
        name = found.name if isinstance(found, Ext) else ""
        return (name.startswith("sqlalchemy.") and name.rpartition(".")[2] in CHANGING) or name in PYTHON_TYPES


def _is_ordered(relationship: Relationship) -> bool:
    call = getattr(relationship.node, "value", None)
    return isinstance(call, ast.Call) and any(k.arg == "order_by" for k in call.keywords)


#: what makes a value of another type out of the plain one. Enum: given by name, an object of the class after a load
COERCING = (*names.ENUMS, "sqlalchemy.TypeDecorator", "sqlalchemy.types.TypeDecorator")
#: types of columns of identifiers. Source: SQLAlchemy "UUID"; SQLAlchemy-Utils "UUIDType"
IDENTIFIERS = frozenset("UUID Uuid uuid UUIDType".split())
#: without arguments they give the time without its zone
NAIVE = frozenset({"datetime.datetime.utcnow", "datetime.datetime.now", "datetime.datetime.today"})
#: annotations of `Mapped[...]` with such a type. Source: SQLAlchemy "Mapped Class Configuration", type_annotation_map
PYTHON_TYPES = frozenset({"datetime.datetime", "decimal.Decimal", "datetime.timedelta"})

"""ORM models: which classes are mapped, their relationships and the columns that load themselves."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from asyncify.analysis.classes import Classes
from asyncify.analysis.foreign_keys import foreign_keys, holds_key, is_key, made_by
from asyncify.analysis.imperative import Property, imperative_mappings, table_holds_key
from asyncify.analysis.keyed import is_keyed
from asyncify.analysis.later_attributes import LaterAttribute, later_attributes
from asyncify.analysis.made_texts import text_for
from asyncify.analysis.names import Names
from asyncify.analysis.polymorphic import is_loaded_with_base, is_polymorphic
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Ext, Inst, Values, collection

RELATIONSHIPS = frozenset({"sqlalchemy.orm.relationship", "sqlmodel.Relationship", "sqlalchemy.orm.dynamic_loader"})
COLUMNS = frozenset({"sqlalchemy.Column", "sqlalchemy.schema.Column", "sqlalchemy.orm.mapped_column", "sqlmodel.Field"})
MAPPED_BASES = ("sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta", "sqlmodel.SQLModel")
COLLECTIONS = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "Iterable", "Dict", "dict"})
DYNAMIC_ANNOTATIONS = frozenset({"DynamicMapped", "WriteOnlyMapped"})


@dataclass(frozen=True)
class Relationship:
    """One relationship attribute.

    target: the class at the other end, None where it could not be found. collection: many objects.
    lazy: the loader setting as written, "select" where none is. keyed: the collection is a dictionary.
    holds_key: the side of the owner has the foreign key. outside: the mapping gives it to its class, from outside.
    told: the call that has its settings, `backref(...)` for a back reference; None where that is only named.
    """

    name: str
    owner: ClassInfo
    target: ClassInfo | None
    collection: bool
    lazy: str
    node: ast.AST
    keyed: bool = False
    holds_key: bool = False
    outside: bool = False
    told: ast.Call | None = None

    @property
    def loads_when_set(self) -> bool:
        """Whether setting it on a row looks at what was there. Source: SQLAlchemy, `LazyLoader.init_class_attribute`:
        all but what the key of the owner tells have an active history."""
        return self.collection or not self.holds_key

    def held(self, target: Values) -> Values:
        """What reading the attribute gives. target: instances at the other end."""
        if self.keyed:
            return frozenset({Inst("dict", (NOTHING, target))})
        return frozenset({collection("list", target)}) if self.collection else target


@dataclass(frozen=True)
class Column:
    """One mapped column; `call` is its `Column(...)`/`mapped_column(...)` or None for a bare annotation."""

    name: str
    call: ast.Call | None

    def keyword(self, name: str) -> ast.expr | None:
        """The value of a keyword argument."""
        return next((k.value for k in self.call.keywords if k.arg == name), None) if self.call else None


class Orm:
    """The mapped classes of a program."""

    def __init__(self, names: Names, classes: Classes) -> None:
        self._names = names
        self._classes = classes
        self._by_name: dict[str, list[ClassInfo]] = defaultdict(list)
        self._mapped: dict[ClassInfo, bool] = {}
        self._own: dict[ClassInfo, dict[str, Relationship]] = {}
        self._below: dict[tuple[ClassInfo, str], tuple[ClassInfo, ...]] = {}
        self._named: dict[tuple[ClassInfo, str], Relationship | None] = {}
        self._columns: dict[ClassInfo, Mapping[str, Column]] = {}
        self._foreign_keys: dict[ClassInfo, frozenset[str]] = {}
        self._later = later_attributes(names)
        self.imperative = imperative_mappings(names)
        self._backrefs: dict[ClassInfo, dict[str, Relationship]] = defaultdict(dict)
        self.models = [c for c in classes.all if self.is_model(c)]
        for model in self.models:
            self._by_name[model.name].append(model)
        for model in self.models:
            for base in classes.program_ancestors(model):
                self._read_relationships(base)

    def is_model(self, info: ClassInfo) -> bool:
        """Whether a class is mapped to a table (or inherits from one that is)."""
        found = self._mapped.get(info)
        if found is None:
            found = self._mapped[info] = self._is_model(info)
        return found

    def _is_model(self, info: ClassInfo) -> bool:
        if any(k.arg == "table" and isinstance(k.value, ast.Constant) and k.value.value for k in info.node.keywords):
            return True
        ancestors = self._classes.ancestors(info)
        if info in self.imperative or any(k in info.attributes for k in ("__tablename__", "__table__")):
            return True
        if "__abstract__" in info.attributes:
            return False
        for base in ancestors[1:]:
            if isinstance(base, ClassInfo) and self.is_model(base):
                # SQLModel: only `table=True` maps; a plain subclass of a table model is a schema
                return not self._classes.derives_from(info, "sqlmodel.SQLModel")
        if any(self._is_base_class(info, node) for node in info.node.bases):
            return False
        declarative = self._classes.derives_from(info, *MAPPED_BASES[:2])
        return declarative and any(self._is_column_statement(info, s) for s in info.attributes.values())

    def _is_base_class(self, info: ClassInfo, base: ast.expr) -> bool:
        """Whether a base makes a class the declarative base itself, which is mapped to nothing, with columns or not.
        Source: `DeclarativeBase.__init_subclass__`."""
        found = self._names.resolve_expression(info.path, base)
        return isinstance(found, Ext) and found.name in MAPPED_BASES[:2]

    def _is_column_statement(self, info: ClassInfo, stmt: ast.AnnAssign | ast.Assign) -> bool:
        if isinstance(stmt.value, ast.Call):
            callee = self._names.resolve_expression(info.path, stmt.value.func)
            return isinstance(callee, Ext) and callee.name in COLUMNS | RELATIONSHIPS
        return isinstance(stmt, ast.AnnAssign) and "Mapped[" in ast.unparse(stmt.annotation)

    def named(self, name: str, near: ClassInfo | None = None) -> ClassInfo | None:
        """The model of this name: of several the one in the same file, else the one of the same base, else the one
        whose folder is nearest. A migration may define tables again, under a base of its own.

        Source: SQLAlchemy "Declarative Mapping", a name means a class of the same registry, which the base has.
        """
        found = self._by_name.get(name.rpartition(".")[2], [])
        if near is None or len(found) < 2:
            return found[0] if found else None
        bases = {base for base in self._classes.ancestors(near) if isinstance(base, ClassInfo)}

        def nearness(info: ClassInfo) -> tuple[bool, bool, int]:
            of_base = not bases.isdisjoint(self._classes.ancestors(info))
            parts = zip(info.path.split("/"), near.path.split("/"), strict=False)
            return info.path == near.path, of_base, len(list(takewhile(lambda pair: pair[0] == pair[1], parts)))

        return max(found, key=nearness)

    def relationship(self, info: ClassInfo, name: str) -> Relationship | None:
        """A relationship of a model by attribute name: its own, inherited, or a back reference."""
        key = (info, name)
        if key not in self._named:
            self._named[key] = self._find_relationship(info, name)
        return self._named[key]

    def _find_relationship(self, info: ClassInfo, name: str) -> Relationship | None:
        for base in self._classes.ancestors(info):
            if isinstance(base, ClassInfo):
                own = self._own.get(base) if base in self._own else self._read_relationships(base)
                if own and name in own:
                    return own[name]
                if name in self._backrefs.get(base, {}):
                    return self._backrefs[base][name]
        return None

    def relationships(self, info: ClassInfo) -> dict[str, Relationship]:
        """All relationships of a model, inherited ones and back references included."""
        found: dict[str, Relationship] = {}
        for base in self._classes.ancestors(info):
            if isinstance(base, ClassInfo):
                for name in (*self._read_relationships(base), *self._backrefs.get(base, {})):
                    rel = self.relationship(info, name)
                    if rel is not None:
                        found.setdefault(name, rel)
        return found

    def call_of(self, info: ClassInfo, name: str) -> tuple[ast.Call, str] | None:
        """The call that makes an attribute, in the body of a class or behind it, and its file."""
        for base in self._classes.ancestors(info):
            if isinstance(base, ClassInfo):
                made = getattr(base.attributes.get(name), "value", None)
                if isinstance(made, ast.Call):
                    return made, base.path
                for later in self._later.get(base, ()):
                    if later.name == name and isinstance(later.statement.value, ast.Call):
                        return later.statement.value, later.path
        return None

    def made_later(self, info: ClassInfo) -> list[LaterAttribute]:
        """What a class gets behind its body."""
        return self._later.get(info, [])

    def columns(self, info: ClassInfo) -> Mapping[str, Column]:
        """The columns of a model, inherited ones included."""
        if info not in self._columns:
            self._columns[info] = self._read_columns(info)
        return self._columns[info]

    def foreign_keys(self, info: ClassInfo) -> frozenset[str]:
        """The columns of a model that are foreign keys."""
        if info not in self._foreign_keys:
            made = {name: column.call for name, column in self.columns(info).items() if column.call is not None}
            self._foreign_keys[info] = frozenset(name for name, call in made.items() if foreign_keys(call))
        return self._foreign_keys[info]

    def _read_columns(self, info: ClassInfo) -> dict[str, Column]:
        found: dict[str, Column] = {}
        for base in self._classes.ancestors(info):
            if not isinstance(base, ClassInfo):
                continue
            for name, stmt in base.attributes.items():
                if name.startswith("__") or name in self._read_relationships(base):
                    continue
                call = stmt.value if isinstance(stmt.value, ast.Call) else None
                callee = self._names.resolve_expression(base.path, call.func) if call else None
                known = isinstance(callee, Ext) and callee.name in COLUMNS
                bare = isinstance(stmt, ast.AnnAssign) and (
                    "Mapped" in ast.unparse(stmt.annotation) or self._classes.derives_from(info, "sqlmodel.SQLModel")
                )
                if known or (bare and call is None):
                    found.setdefault(name, Column(name, call if known else None))
            if base in self.imperative:
                found = {**{name: Column(name, made) for name, made in self.imperative[base].columns}, **found}
            for name, method in base.methods.items():  # @declared_attr def author_id(cls): return Column(...)
                made = made_by(method.node)
                callee = self._names.resolve_expression(base.path, made.func) if isinstance(made, ast.Call) else None
                if isinstance(made, ast.Call) and isinstance(callee, Ext) and callee.name in COLUMNS:
                    found.setdefault(name, Column(name, made))
        return found

    def type_names(self, info: ClassInfo, name: str) -> set[str]:
        """The names in the type of a column, in its call and its annotation; none where it is no column."""
        column = self.columns(info).get(name) if self.is_model(info) else None
        if column is None:
            return set()
        parts: list[ast.AST] = [*column.call.args[:2]] if column.call is not None else []
        for base in self._classes.ancestors(info):
            stmt = base.attributes.get(name) if isinstance(base, ClassInfo) else None
            if isinstance(stmt, ast.AnnAssign):
                parts.append(stmt.annotation)
        return {getattr(n, "id", getattr(n, "attr", "")) for part in parts for n in ast.walk(part)}

    def subclasses_with(self, info: ClassInfo, name: str) -> tuple[ClassInfo, ...]:
        """The mapped subclasses that have a relationship or column which a class itself has not, where a query of the
        class may give instances of them; of those below each other the first."""
        key = (info, name)
        if key not in self._below:
            self._below[key] = tuple(self._subclasses_with(info, name))
        return self._below[key]

    def _subclasses_with(self, info: ClassInfo, name: str) -> list[ClassInfo]:
        above = [b for b in self._classes.ancestors(info) if isinstance(b, ClassInfo)]
        own = any(name in (*b.attributes, *b.methods) for b in above) or self.relationship(info, name) is not None
        if own or not is_polymorphic(self._classes, info):
            return []
        below = [c for c in self._classes.descendants(info) if self.is_model(c)]
        having = [c for c in below if name in self.columns(c) or self.relationship(c, name) is not None]
        first = [c for c in having if not any(b in having for b in self._classes.ancestors(c)[1:])]
        return sorted(first, key=lambda c: (c.path, c.qualname))

    def subclass(self, info: ClassInfo, name: str) -> ClassInfo | None:
        """The mapped subclass of this name, where a class has no relationship of it."""
        if self.relationship(info, name) is not None:
            return None
        return next((c for c in self._classes.descendants(info) if c.name == name and self.is_model(c)), None)

    def is_loaded_with_base(self, info: ClassInfo) -> bool:
        """Whether the mapping loads the columns of a subclass whenever its base is queried."""
        return is_loaded_with_base(self._classes, info)

    def end_of(self, info: ClassInfo, steps: tuple[str, ...]) -> ClassInfo | None:
        """The class at the end of a path of relationships and subclasses."""
        current: ClassInfo | None = info
        for name in steps:
            relationship = self.relationship(current, name) if current is not None else None
            if relationship is not None:
                current = relationship.target
            elif current is not None:
                current = self.subclass(current, name)
        return current

    def _read_relationships(self, info: ClassInfo) -> dict[str, Relationship]:
        found = self._own.get(info)
        if found is not None:
            return found
        found = self._own[info] = {}
        statements: list[tuple[str, ast.expr | None, ast.expr | None, ast.AST, str]] = [
            (name, stmt.annotation if isinstance(stmt, ast.AnnAssign) else None, stmt.value, stmt, info.path)
            for name, stmt in info.attributes.items()
        ]
        for later in self._later.get(info, ()):
            statements.append((later.name, None, later.statement.value, later.statement, later.path))
        for name, method in info.methods.items():  # @declared_attr def author(cls): return relationship(...)
            made = made_by(method.node)
            if made is not None:
                statements.append((name, method.node.returns, made, method.node, info.path))
        for name, annotation, value, node, path in statements:
            if not isinstance(value, ast.Call):
                continue
            callee = self._names.resolve_expression(path, value.func)
            if isinstance(callee, Ext) and callee.name in RELATIONSHIPS:
                found[name] = self._relationship(info, name, annotation, value, node)
        mapping = self.imperative.get(info)
        for one in mapping.properties if mapping is not None else ():
            callee = self._names.resolve_expression(mapping.path, one.call.func) if mapping is not None else None
            if isinstance(callee, Ext) and callee.name in RELATIONSHIPS:
                found[one.name] = self._relationship(info, one.name, None, one.call, one.call, one)
        return found

    def _relationship(
        self,
        info: ClassInfo,
        name: str,
        annotation: ast.expr | None,
        call: ast.Call,
        node: ast.AST,
        given: Property | None = None,
    ) -> Relationship:
        keywords = {k.arg: k.value for k in call.keywords if k.arg}
        inner = keywords.get("sa_relationship_kwargs")
        if isinstance(inner, ast.Dict):
            for key, val in zip(inner.keys, inner.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    keywords.setdefault(key.value, val)
        argument = call.args[0] if call.args else keywords.get("argument")
        target_name = _target_name(argument) if argument is not None else None
        names_in_annotation = _annotation_names(annotation)
        if target_name is None:
            target_name = next((n for n in reversed(names_in_annotation) if self.named(n)), None)
        target = given.target if given is not None else self._target(info, argument, target_name)
        lazy = keywords.get("lazy")
        lazy_text = str(lazy.value) if isinstance(lazy, ast.Constant) else "select"
        if any(n in DYNAMIC_ANNOTATIONS for n in names_in_annotation):
            lazy_text = "dynamic" if "DynamicMapped" in names_in_annotation else "write_only"
        uselist = keywords.get("uselist")
        between = "secondary" in keywords or "secondaryjoin" in keywords
        own = holds_key(self._classes, info, target, keywords, mapped=self.is_model(info))
        own = own or table_holds_key(self.imperative, info, target)
        has_key = (own if given is None else given.has_key) and not between
        if isinstance(uselist, ast.Constant):
            many = bool(uselist.value)
        elif annotation is not None and any(n in COLLECTIONS for n in names_in_annotation):
            many = True
        elif annotation is not None and "Mapped" in names_in_annotation:
            many = False
        elif "remote_side" in keywords:
            of_table = self.imperative.get(info)
            named = (of_table.table, of_table.columns) if of_table is not None else ("", ())
            many = target is info and is_key(self._classes, info, keywords["remote_side"], *named)
        else:
            many = not has_key
        keyed = many and is_keyed(
            self._names, self._classes, info.path, keywords.get("collection_class"), names_in_annotation
        )
        rel = Relationship(name, info, target, many, lazy_text, node, keyed, has_key, given is not None, call)
        backref = keywords.get("backref")
        if backref is not None and target is not None:
            self._add_backref(rel, backref, one="uselist" in keywords and not many, between="secondary" in keywords)
        return rel

    def _target(self, info: ClassInfo, argument: ast.expr | None, name: str | None) -> ClassInfo | None:
        if isinstance(argument, (ast.Name, ast.Attribute)):
            found = self._names.resolve_expression(info.path, argument)
            if isinstance(found, ClassInfo):
                return found
        return self.named(name, info) if name else None

    def _add_backref(self, rel: Relationship, backref: ast.expr, *, one: bool, between: bool) -> None:
        """Note the other end. one: it is told to hold one object. between: a table is there: both are collections."""
        lazy, many = "select", between or not (rel.collection or (one and not rel.holds_key))
        told = backref if isinstance(backref, ast.Call) else None
        if isinstance(backref, ast.Call):  # backref("children", lazy=..., uselist=...)
            keywords = {k.arg: k.value for k in backref.keywords if k.arg}
            value = keywords.get("lazy")
            lazy = str(value.value) if isinstance(value, ast.Constant) else lazy
            uselist = keywords.get("uselist")
            many = bool(uselist.value) if isinstance(uselist, ast.Constant) else many
            if rel.target is rel.owner and "remote_side" in keywords:
                many = False
            backref = backref.args[0] if backref.args else backref
        held = not (many or between or rel.holds_key)
        mixed_into = (c for c in self._classes.descendants(rel.owner) if self.is_model(c))
        for owner in [rel.owner] if self.is_model(rel.owner) else mixed_into:
            name = text_for(backref, owner)
            if name is not None and rel.target is not None:
                made = Relationship(name, rel.target, owner, many, lazy, rel.node, holds_key=held, told=told)
                self._backrefs[rel.target][name] = made
                self._named.clear()


def _target_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Lambda):
        return _target_name(node.body)
    return None


def _annotation_names(annotation: ast.expr | None) -> list[str]:
    """All names in an annotation, those inside strings too, in source order."""
    if annotation is None:
        return []
    found: list[str] = []
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            found.append(node.id)
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                found.extend(_annotation_names(ast.parse(node.value, mode="eval").body))
            except SyntaxError:
                continue
    return found

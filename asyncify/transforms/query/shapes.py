"""What a query gives: instances of one entity, or rows."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import Enum
from typing import TypeGuard

from asyncify.analysis.assignments import assigned, only_value
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Ext, Inst, Obj, Values
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import (
    AGGREGATES,
    EXISTS_LINKS,
    UNHASHABLE_ANNOTATIONS,
    UNHASHABLE_FUNCTIONS,
    UNHASHABLE_TYPES,
)
from asyncify.transforms.query.subquery_columns import labelled
from asyncify.transforms.query.uses import Site, Uses, queries

ALIASES = frozenset({"sqlalchemy.orm.aliased", "sqlalchemy.orm.with_polymorphic"})


class Kind(Enum):
    """What one argument of `query(...)` is."""

    ENTITY = "entity"
    COLUMN = "column"
    AGGREGATE = "aggregate"
    EXISTS = "exists"
    UNHASHABLE = "unhashable"  # a column of lists or dicts
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Shape:
    """The kinds of what a query selects, in order."""

    kinds: tuple[Kind, ...]

    @property
    def known(self) -> bool:
        """Whether it is sure if instances or rows come out: several arguments are rows whatever they are."""
        return bool(self.kinds) and (len(self.kinds) > 1 or self.kinds[0] is not Kind.UNKNOWN)

    @property
    def single(self) -> bool:
        """Whether instances come out and not rows."""
        return self.kinds == (Kind.ENTITY,)

    @property
    def uniquing(self) -> bool:
        """Whether Query drops repeated results: it does when an entity is among them, all hashable."""
        return Kind.UNHASHABLE not in self.kinds and any(k in (Kind.ENTITY, Kind.UNKNOWN) for k in self.kinds)

    @property
    def one_row(self) -> bool:
        """Whether there is one row by construction, unless something groups."""
        return bool(self.kinds) and all(k is Kind.AGGREGATE for k in self.kinds)


class Shapes:
    """Reads shapes from queries."""

    def __init__(self, uses: Uses) -> None:
        self._uses = uses
        self._program = uses.program

    def of(self, node: ast.AST, *, as_rows: bool) -> Shape | None:
        """The shape of the query that an expression holds; None where it can be one or the other.

        as_rows: whether a link such as `tuples()` makes rows of single entities too.
        """
        found = set(self.all_of(node))
        if not found or not all(shape.known for shape in found):
            return None
        if as_rows:
            found = {Shape((*s.kinds, Kind.COLUMN)) if s.single else s for s in found}
        if len({shape.single for shape in found}) != 1:
            return None
        return max(found, key=lambda s: (s.uniquing, not s.one_row, len(s.kinds), str(s.kinds)))

    def all_of(self, node: ast.AST) -> frozenset[Shape]:
        """The shapes that the query in an expression can have."""
        use = self._uses.holds.get(node)
        found = ((q, q.origin.site) for q in queries(self._program, node) if q.origin is not None)
        return frozenset(self._of_query(q) for q, site in found if use is None or site in use.sites)

    def of_site(self, site: Site) -> Shape:
        """The shape that the arguments of a `query(...)` or `with_entities(...)` call give."""
        if isinstance(site, ast.Attribute):
            return Shape((Kind.ENTITY,))
        source = self._uses.holds[site].source
        arguments = self._uses.entities(site)
        kinds: list[Kind] = []
        for argument in arguments:
            if isinstance(argument, ast.Starred):
                # `*columns`: how many there are is not known, but several are rows; one could be an entity
                kinds += [Kind.UNKNOWN] if len(arguments) > 1 else [self._starred(source, argument)]
            else:
                kinds.append(classify(self._program, source, argument))
        return Shape(tuple(kinds))

    def aggregated(self, node: ast.AST) -> bool:
        """Whether a query may select an aggregate, alone or inside of something."""
        selected = (e for site in self._uses.holds[node].sites for e in self._uses.entities(site))
        functions = (inner.func for e in selected for inner in ast.walk(e) if isinstance(inner, ast.Call))
        found = (v.name for f in functions for v in self._program.values(f) if isinstance(v, Ext))
        return any(n.startswith("sqlalchemy.func.") and n.rpartition(".")[2] in AGGREGATES for n in found)

    def _starred(self, source: SourceFile, node: ast.Starred) -> Kind:
        function = self._program.function_of(node)
        if function is None or not isinstance(node.value, ast.Name):
            return Kind.UNKNOWN
        items = _elements(function, node.value.id)
        kinds = {classify(self._program, source, item) for item in items}
        return Kind.COLUMN if kinds and kinds <= {Kind.COLUMN, Kind.AGGREGATE, Kind.EXISTS} else Kind.UNKNOWN

    def _of_query(self, query: Inst) -> Shape:
        assert query.origin is not None
        site = query.origin.site
        assert isinstance(site, Site)
        if self._uses.is_combined(site):
            return self._of_combined(query, site)
        return self._of_plain(query, site)

    def _of_plain(self, query: Inst, site: Site) -> Shape:
        shape = self.of_site(site)
        own = len(site.args) if isinstance(site, ast.Call) and not self._uses.is_constructor(site) else 1
        extra = [Kind.ENTITY if _entity_values(a) else Kind.COLUMN for a in query.args[own:]]
        return Shape((*shape.kinds, *extra))

    def _of_combined(self, query: Inst, site: Site) -> Shape:
        """The shape of the first operand; there are several rows even of aggregates."""
        found = {self._of_plain(query, first) for first in self._uses.first_operands(site)}
        shape = found.pop() if len(found) == 1 else Shape((Kind.UNKNOWN,))
        return Shape(tuple(Kind.COLUMN if k is Kind.AGGREGATE else k for k in shape.kinds))


def classify(program: Program, source: SourceFile, node: ast.expr, depth: int = 0) -> Kind:
    """What an argument of `query(...)` is."""
    values = program.values(node)
    if isinstance(node, (ast.Compare, ast.BinOp, ast.UnaryOp, ast.Constant)):
        return Kind.COLUMN
    if _entity_values(values):
        return Kind.ENTITY
    if any(isinstance(v, Inst) and v.type in (names.TABLE, names.QUERY, names.SELECT, names.CTE) for v in values):
        return Kind.COLUMN
    if isinstance(node, ast.Call):
        return _classify_call(program, source, node, depth)
    if isinstance(node, ast.Attribute):
        return _classify_attribute(program, source, node, depth)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
        return Kind.COLUMN if classify(program, source, node.value, depth + 1) is not Kind.ENTITY else Kind.UNKNOWN
    if isinstance(node, ast.Name):
        if _is_class_parameter(program, node):
            return Kind.ENTITY
        function = program.function_of(node)
        options = assigned(function, node.id) if function is not None else []
        kinds = {classify(program, source, option, depth + 1) for option in options} if depth < 4 else set()
        return kinds.pop() if len(kinds) == 1 else Kind.UNKNOWN
    if isinstance(node, ast.IfExp):
        kinds = {classify(program, source, branch, depth + 1) for branch in (node.body, node.orelse)}
        return kinds.pop() if len(kinds) == 1 else Kind.UNKNOWN
    return Kind.UNKNOWN


def _entity_values(values: Values) -> bool:
    return any(isinstance(v, Cls) or (isinstance(v, Inst) and v.type in ALIASES) for v in values)


def _classify_call(program: Program, source: SourceFile, node: ast.Call, depth: int) -> Kind:
    for value in program.values(node.func):
        if value == Ext("builtins.getattr") and node.args and _entity_values(program.values(node.args[0])):
            return Kind.COLUMN
        if isinstance(value, Ext) and value.name.startswith(("sqlalchemy.", "sqlmodel.", "geoalchemy2.")):
            last = value.name.rpartition(".")[2]
            if value.name in ALIASES:
                return Kind.ENTITY
            if last == "Bundle":
                return Kind.UNKNOWN if any(k.arg == "single_entity" for k in node.keywords) else Kind.COLUMN
            if last in UNHASHABLE_FUNCTIONS:
                return Kind.UNHASHABLE
            if value.name.startswith("sqlalchemy.func."):
                return Kind.AGGREGATE if last in AGGREGATES else Kind.COLUMN
            return Kind.EXISTS if last == "exists" else Kind.COLUMN
    if isinstance(node.func, ast.Attribute):
        base, method = node.func.value, node.func.attr
        if queries(program, base):  # a subquery of some sort: exists(), subquery(), label(...)
            return Kind.EXISTS if method == "exists" else Kind.COLUMN
        inner = classify(program, source, base, depth + 1)
        if inner is Kind.EXISTS and method in EXISTS_LINKS:
            return inner
        if inner in (Kind.COLUMN, Kind.AGGREGATE, Kind.UNHASHABLE, Kind.EXISTS):
            return inner if method in ("label", "op", "desc", "asc", "cast") else Kind.COLUMN
        if inner is Kind.ENTITY:
            return Kind.UNKNOWN
    return Kind.UNKNOWN


def _classify_attribute(program: Program, source: SourceFile, node: ast.Attribute, depth: int) -> Kind:
    if node.attr in ("c", "columns"):
        return Kind.COLUMN
    base = program.values(node.value)
    for value in base:
        if isinstance(value, Cls):
            if program.orm.relationship(value.info, node.attr) is not None:
                return Kind.UNKNOWN
            return _column_kind(program, value.info, node.attr)
        if isinstance(value, Inst) and value.type in ALIASES:
            return Kind.COLUMN
    if isinstance(node.value, ast.Attribute) and node.value.attr in ("c", "columns"):
        made = {classify(program, source, given, depth + 1) for given in labelled(program, node)}
        return Kind.UNHASHABLE if Kind.UNHASHABLE in made else Kind.COLUMN
    if any(isinstance(v, Obj) for v in base):
        return _class_attribute(program, node, base)
    if depth < 4 and classify(program, source, node.value, depth + 1) is Kind.ENTITY:
        return Kind.COLUMN
    return Kind.UNKNOWN


def _column_kind(program: Program, info: ClassInfo, name: str) -> Kind:
    column = program.orm.columns(info).get(name)
    declared = next((c.attributes.get(name) for c in program.classes.ancestors(info) if _declares(c, name)), None)
    if isinstance(declared, ast.AnnAssign) and _is_of_containers(declared.annotation):
        return Kind.UNHASHABLE
    if column is not None and column.call is not None:
        words = {n.id for n in ast.walk(column.call) if isinstance(n, ast.Name)}
        words |= {n.attr for n in ast.walk(column.call) if isinstance(n, ast.Attribute)}
        if words & UNHASHABLE_TYPES:
            return Kind.UNHASHABLE
    return Kind.COLUMN


def _declares(cls: object, name: str) -> TypeGuard[ClassInfo]:
    return isinstance(cls, ClassInfo) and name in cls.attributes


def _is_of_containers(annotation: ast.expr) -> bool:
    """`Mapped[dict[str, Any]]`: the type of the column is made of the annotation, and gives what has no hash."""
    return not UNHASHABLE_ANNOTATIONS.isdisjoint(re.findall(r"\w+", ast.unparse(annotation)))


def _class_attribute(program: Program, node: ast.Attribute, base: Values) -> Kind:
    """`self.model`, kept from a parameter that is annotated as a class."""
    for value in base:
        if not isinstance(value, Obj):
            continue
        for info in program.classes.ancestors(value.info):
            if not isinstance(info, ClassInfo):
                continue
            declared = info.attributes.get(node.attr)
            if isinstance(declared, ast.AnnAssign) and _is_class_annotation(declared.annotation):
                return Kind.ENTITY
            for method in info.methods.values():
                for stmt in method.nodes:
                    target = stmt.targets[0] if isinstance(stmt, ast.Assign) else getattr(stmt, "target", None)
                    if (
                        isinstance(stmt, (ast.Assign, ast.AnnAssign))
                        and isinstance(target, ast.Attribute)
                        and target.attr == node.attr
                        and isinstance(stmt.value, ast.Name)
                        and _is_class_parameter(program, stmt.value)
                    ):
                        return Kind.ENTITY
    return Kind.UNKNOWN


def _is_class_parameter(program: Program, node: ast.Name) -> bool:
    function = program.function_of(node)
    while function is not None:
        for arg in function.parameters:
            if arg.arg == node.id:
                return arg.annotation is not None and _is_class_annotation(arg.annotation)
        function = function.parent
    return False


def _is_class_annotation(node: ast.expr) -> bool:
    """`type[Model]` and `Type[ModelType]`: what is a class, and can be queried, is an entity."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.startswith(("type[", "Type[", "typing.Type["))
    if not isinstance(node, ast.Subscript):
        return False
    head = node.value
    return (head.id if isinstance(head, ast.Name) else getattr(head, "attr", "")) in ("type", "Type")


def _elements(function: FunctionInfo, name: str) -> list[ast.expr]:
    """The expressions that a local list can hold, where it is a display that only `append` adds to; else none."""
    value = only_value(function, name)
    if not isinstance(value, (ast.List, ast.Tuple)):
        return []
    found = list(value.elts)
    for node in function.nodes:
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id != name:
            continue
        if node.attr != "append":
            return []
    for node in function.nodes:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == name
        ):
            found += node.args
    return found

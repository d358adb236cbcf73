"""Pydantic and SQLModel schemas: which fields they have, and which attributes they read from an object."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.schema_hooks import Hook, hooks_of
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ann, Cls, Ext, Tv
from asyncify.knowledge.names import FORWARD_REF

#: calls that validate one object. Source: pydantic 1.10 and 2 `BaseModel`, `TypeAdapter`, `parse_obj_as`.
VALIDATORS = frozenset({"model_validate", "from_orm", "validate"})
#: settings under which a field with an alias is also looked up by its name
BY_NAME = ("populate_by_name", "validate_by_name", "allow_population_by_field_name")
ROOT_MODEL = "pydantic.RootModel"

#: bases that say nothing about reading objects, of schemas and of their settings
PLAIN_BASES = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "typing.Generic", "abc.ABC", "builtins.object"}
    | {"pydantic.BaseConfig", "pydantic.config.BaseConfig", "pydantic.BaseModel.Config"}
)
CONFIG = "Config"

Meaning = ClassInfo | Assigned | Ext


@dataclass(frozen=True)
class Shape:
    """A type as far as it reads attributes: schemas at any depth of lists, unions and dicts.

    arguments: what fills the type variables of the schema.
    """

    schema: ClassInfo
    arguments: tuple[tuple[str, tuple[Shape, ...]], ...] = ()


@dataclass(frozen=True)
class Field:
    """A field of a schema. paths: where validation looks it up, each an attribute name and, for an `AliasPath`, what
    it reads of that: names, and numbers of elements."""

    name: str
    paths: tuple[tuple[str | int, ...], ...]
    shapes: tuple[Shape, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The attribute names under which validation looks the field up."""
        return tuple(dict.fromkeys(str(path[0]) for path in self.paths))


@dataclass
class Schemas:
    """Reads the schemas of one program."""

    program: Program
    _depth: int = 12
    _fields: dict[Shape, tuple[Field, ...]] = field(default_factory=dict)
    _hooks: dict[ClassInfo, tuple[Hook, ...]] = field(default_factory=dict)

    def fields(self, shape: Shape) -> tuple[Field, ...]:
        """The fields of a schema, inherited ones included; a table has none that are relationships."""
        found = self._fields.get(shape)
        if found is None:
            found = self._fields[shape] = tuple(self._read(shape))
        return found

    def hooks(self, schema: ClassInfo) -> tuple[Hook, ...]:
        """The functions that pydantic calls for a schema."""
        found = self._hooks.get(schema)
        if found is None:
            found = self._hooks[schema] = tuple(hooks_of(self.program, schema))
        return found

    def reads_objects(self, schema: ClassInfo) -> bool:
        """Whether a schema of pydantic 1 reads the attributes of objects, which it has to be told; one of which not all
        bases are known may be. Source: pydantic 1.10 "ORM Mode"; `SQLModel` is told so."""
        known = self.program.classes.ancestors(schema)
        told = [one for info in known if isinstance(info, ClassInfo) for one in self._settings(info)]
        beyond = {b.name for b in (*known, *told) if isinstance(b, Ext)} - PLAIN_BASES
        texts = (ast.unparse(info.node) for info in (*known, *told) if isinstance(info, ClassInfo))
        return bool(beyond) or any("orm_mode" in text for text in texts)

    def _settings(self, info: ClassInfo) -> Iterator[ClassInfo | Ext]:
        """What the settings in a schema are, or are derived from: `Config = Orm`, `class Config(Orm)`."""
        for stmt in info.node.body:
            named: list[ast.expr] = []
            if isinstance(stmt, ast.ClassDef) and stmt.name == CONFIG:
                named = stmt.bases
            elif isinstance(stmt, ast.Assign) and any(getattr(t, "id", "") == CONFIG for t in stmt.targets):
                named = [stmt.value]
            for meaning in (self.meaning(node, info.path) for node in named):
                if isinstance(meaning, ClassInfo):
                    yield from self.program.classes.ancestors(meaning)
                elif isinstance(meaning, Ext):
                    yield meaning

    def root(self, shape: Shape) -> tuple[Shape, ...]:
        """What a schema is that stands for another type: `RootModel[list[Item]]`, `__root__: list[Item]`."""
        for info, filled in self._lineage(shape.schema, dict(shape.arguments)):
            for node in info.node.bases:
                if isinstance(node, ast.Subscript) and self.meaning(node.value, info.path) == Ext(ROOT_MODEL):
                    return self.shapes(node.slice, info.path, filled)
            for name in ("root", "__root__"):
                told = info.attributes.get(name)
                if isinstance(told, ast.AnnAssign) and (name == "__root__" or self._is_root(info)):
                    return self.shapes(told.annotation, info.path, filled)
        return ()

    def _is_root(self, info: ClassInfo) -> bool:
        return any(isinstance(b, Ext) and b.name == ROOT_MODEL for b in self.program.classes.ancestors(info))

    def shapes(
        self, node: ast.expr, path: str, filled: Mapping[str, tuple[Shape, ...]] | None = None, depth: int = 0
    ) -> tuple[Shape, ...]:
        """The schemas that an annotation (or a response model) names.

        path: the file in which the expression stands. filled: what type variables stand for.
        """
        filled = filled or {}
        if depth > self._depth:
            return ()
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, str):
                return ()
            try:
                return self.shapes(ast.parse(node.value, mode="eval").body, path, filled, depth + 1)
            except SyntaxError:
                return ()
        if isinstance(node, ast.Call):  # UserRef = ForwardRef("UserOut")
            named = node.args and self.meaning(node.func, path) == Ext(FORWARD_REF)
            return self.shapes(node.args[0], path, filled, depth + 1) if named else ()
        if isinstance(node, ast.BinOp):
            return (*self.shapes(node.left, path, filled, depth + 1), *self.shapes(node.right, path, filled, depth + 1))
        if isinstance(node, (ast.List, ast.Tuple)):
            return tuple(s for item in node.elts for s in self.shapes(item, path, filled, depth + 1))
        if isinstance(node, ast.Subscript):
            arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            head = self.meaning(node.value, path)
            inner = tuple(self.shapes(a, path, filled, depth + 1) for a in arguments)
            if isinstance(head, ClassInfo):
                return (Shape(head, tuple(zip(self.parameters(head), inner, strict=False))),)
            if isinstance(head, Ext) and head.name == "typing.Literal":
                return ()
            return tuple(s for part in inner for s in part)
        if isinstance(node, ast.Name) and node.id in filled:
            return filled[node.id]
        found: list[Shape] = []
        for head in self._meanings(node, path):
            if isinstance(head, ClassInfo):
                found.append(Shape(head))
            elif isinstance(head, Assigned):
                found += self.shapes(head.value, head.path, filled, depth + 1)
        return tuple(found)

    def meaning(self, node: ast.expr, path: str) -> Meaning | None:
        """The class or alias that a name in an annotation means, also one that is local to a function."""
        return next(iter(self._meanings(node, path)), None)

    def _meanings(self, node: ast.expr, path: str) -> tuple[Meaning, ...]:
        """All of them: a parameter of what makes routes is given one class after another."""
        found = self.program.names.resolve_expression(path, node)
        if isinstance(found, (ClassInfo, Assigned, Ext)):
            return (found,)
        values = self.program.values(node)
        classes = sorted((v.info for v in values if isinstance(v, Cls)), key=lambda c: (c.path, c.qualname))
        written = [v for v in values if isinstance(v, Ann)]
        written.sort(key=lambda v: (v.path, v.node.lineno, v.node.col_offset))
        if classes or written:
            return (*classes, *(Assigned(v.path, "", v.node) for v in written))
        if isinstance(node, ast.Name):  # a forward reference in a string, to a class beside it in a function
            beside = [c for c in self.program.modules[path].classes.values() if c.name == node.id]
            return (beside[0],) if len(beside) == 1 else ()
        return ()

    def parameters(self, info: ClassInfo) -> list[str]:
        """The type variables of a generic schema, in order."""
        found = [p.name for p in getattr(info.node, "type_params", [])]
        for base in info.node.bases:
            if isinstance(base, ast.Subscript):
                slots = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
                for slot in slots:
                    if isinstance(slot, ast.Name) and slot.id not in found and self._is_variable(slot, info.path):
                        found.append(slot.id)
        return found

    def _is_variable(self, node: ast.Name, path: str) -> bool:
        if any(isinstance(v, Tv) for v in self.program.values(node)):
            return True
        meant = self.program.names.resolve_expression(path, node)
        if not isinstance(meant, Assigned) or not isinstance(meant.value, ast.Call):
            return False
        maker = self.program.names.resolve_expression(meant.path, meant.value.func)
        return isinstance(maker, Ext) and maker.name.endswith(".TypeVar")

    def _read(self, shape: Shape) -> Iterator[Field]:
        seen: set[str] = set()
        if self.program.orm.is_model(shape.schema):
            return
        lineage = list(self._lineage(shape.schema, dict(shape.arguments)))
        by_name = any(word in ast.unparse(info.node) for info, _ in lineage for word in BY_NAME)
        for info, filled in lineage:
            for name, stmt in info.attributes.items():
                if name in seen or name.startswith("_") or name == "model_config":
                    continue
                if not isinstance(stmt, ast.AnnAssign) or _is_class_var(stmt.annotation):
                    continue
                seen.add(name)
                yield Field(name, _paths(name, stmt, by_name), self.shapes(stmt.annotation, info.path, filled))

    def _lineage(
        self, info: ClassInfo, filled: Mapping[str, tuple[Shape, ...]], seen: frozenset[ClassInfo] = frozenset()
    ) -> Iterator[tuple[ClassInfo, Mapping[str, tuple[Shape, ...]]]]:
        """A schema and its bases, each with what its own type variables stand for."""
        if info in seen:
            return
        yield info, filled
        for node in info.node.bases:
            arguments: list[ast.expr] = []
            if isinstance(node, ast.Subscript):
                arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                node = node.value
            base = self.meaning(node, info.path)
            if isinstance(base, ClassInfo):
                inner = [self.shapes(a, info.path, filled) for a in arguments]
                yield from self._lineage(base, dict(zip(self.parameters(base), inner, strict=False)), seen | {info})


def _is_class_var(annotation: ast.expr) -> bool:
    head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return getattr(head, "id", getattr(head, "attr", "")) in ("ClassVar", "PrivateAttr")


def _paths(name: str, stmt: ast.AnnAssign, by_name: bool) -> tuple[tuple[str | int, ...], ...]:
    """A field is looked up under its validation alias, else its alias, else its name; where the configuration says
    so under its own name too. Source: pydantic "Alias"."""
    found: dict[str, list[tuple[str | int, ...]]] = {}
    for node in ast.walk(stmt):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Field":
            for keyword in node.keywords:
                if keyword.arg in ("alias", "validation_alias"):
                    found[keyword.arg] = _alias(keyword.value)
    aliases = found.get("validation_alias") or found.get("alias") or []
    return tuple(dict.fromkeys([*aliases, *([(name,)] if by_name or not aliases else [])]))


def _alias(node: ast.expr) -> list[tuple[str | int, ...]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [(node.value,)]
    if not isinstance(node, ast.Call):  # AliasChoices("a", AliasPath("b", 0))
        return []
    if getattr(node.func, "id", getattr(node.func, "attr", "")) != "AliasPath":
        return [path for arg in node.args for path in _alias(arg)]
    steps = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, (str, int))]
    known = steps if len(steps) == len(node.args) else steps[:1]
    return [tuple(known)] if known and isinstance(known[0], str) else []

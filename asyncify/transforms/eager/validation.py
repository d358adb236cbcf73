"""Reads by schemas: response models, and instances that code hands to pydantic."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from asyncify.analysis.names import Assigned
from asyncify.analysis.pydantic_version import installs_pydantic_1
from asyncify.analysis.routes import Route
from asyncify.analysis.schema_hooks import Takes
from asyncify.analysis.schema_order import is_schema
from asyncify.analysis.schemas import VALIDATORS, Field, Schemas, Shape
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import NOTHING, Cls, Ext, Inst, Obj, Rec, Value, Values, objects, union
from asyncify.transforms.eager.hooks import run_hook
from asyncify.transforms.eager.reading import CONTAINERS, RESULTS, Reader, Reading, best
from asyncify.transforms.eager.unknown_rows import UnknownRows

TYPE_ADAPTER = "pydantic.TypeAdapter"
#: in the place of a field: code of a schema validates
BY_HOOK = "model_validate()"


class Validation:
    """Notes what schemas read. One for each program."""

    def __init__(self, reading: Reading, routes: list[Route]) -> None:
        self.reading = reading
        self.program = reading.program
        self.schemas = Schemas(self.program)
        self.routes = routes
        self._pydantic_1 = installs_pydantic_1(reading.program)
        self.nobody_knows = UnknownRows(reading, self.schemas)

    def read(self) -> None:
        """Go through response models and explicit validation."""
        for route in self.routes:
            if route.response is not None:
                self._response(route, *route.response)
            else:
                for node in route.function.nodes:
                    if isinstance(node, ast.Return) and node.value is not None:
                        self._encoded(route.function.path, node.value)
        for path in sorted(self.program.modules):
            for node in self.program.modules[path].source.nodes:
                if isinstance(node, ast.Call):
                    self._call(path, node)

    def _response(self, route: Route, model: ast.expr, path: str) -> None:
        shapes = self.schemas.shapes(model, path)
        for node in route.function.nodes:
            if isinstance(node, ast.Return) and node.value is not None:
                what = f"the response model {ast.unparse(model)}"
                reader = Reader(route.function.path, node.value, "schema", what)
                values = self.program.values(node.value)
                self.validate(values, shapes, reader)
                self.nobody_knows.read(route, values, shapes, reader)

    def _call(self, path: str, node: ast.Call) -> None:
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in VALIDATORS and node.args:
            shapes = tuple(Shape(v.info) for v in self.program.values(func.value) if isinstance(v, Cls))
            shapes = shapes or self.schemas.shapes(func.value, path)
            self._validates(path, node, node.args[0], shapes)
        elif isinstance(func, ast.Attribute) and func.attr == "validate_python" and node.args:
            self._validates(path, node, node.args[0], self._adapter(path, func.value))
        elif isinstance(func, ast.Name) and func.id == "map" and len(node.args) > 1:
            self._mapped(path, node, node.args[0])
        elif self._library(path, func) in ("pydantic.parse_obj_as", "pydantic.tools.parse_obj_as"):
            if len(node.args) > 1:
                self._validates(path, node, node.args[1], self.schemas.shapes(node.args[0], path))
        elif self._library(path, func) == "fastapi.encoders.jsonable_encoder" and node.args:
            self._encoded(path, node.args[0])
        else:
            self._constructed(path, node)

    def _mapped(self, path: str, call: ast.Call, function: ast.expr) -> None:
        """`map(Schema.model_validate, instances)`, which reads where somebody iterates over it."""
        if isinstance(function, ast.Attribute) and function.attr in VALIDATORS:
            shapes = self.schemas.shapes(function.value, path)
            names = " | ".join(s.schema.name for s in shapes)
            reader = Reader(path, call, "schema", f"the schema {names}")
            self.validate(self.reading.elements(self.program.values(call.args[1])), shapes, reader)

    def _encoded(self, path: str, node: ast.expr) -> None:
        """Without a model FastAPI sends what is loaded, and nothing else: an option there would show. Of a SQLModel it
        sends the fields, which relationships are not. Source: `fastapi.encoders.jsonable_encoder`."""
        stack = list(self.program.values(node))
        seen: set[Value] = set()  # values share their parts: without it, deep ones take for ever
        while stack:
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            if isinstance(value, Obj) and value.origin is not None and self.program.orm.is_model(value.info):
                if self.program.classes.derives_from(value.info, "sqlmodel.SQLModel"):
                    continue
                self.reading.shown.setdefault((value.origin.site, value.origin.steps), set()).add(node)
            elif isinstance(value, Inst) and value.type in CONTAINERS | {"dict"}:
                stack.extend(inner for part in value.args for inner in part)
            elif isinstance(value, Rec):
                stack.extend(inner for _, part in value.items for inner in part)

    def _adapter(self, path: str, node: ast.expr) -> tuple[Shape, ...]:
        """The type of a `TypeAdapter(...)`, also of one that a module keeps in a name."""
        if isinstance(node, ast.Name):
            meant = self.program.names.resolve_expression(path, node)
            if isinstance(meant, Assigned):
                return self._adapter(meant.path, meant.value)
        if isinstance(node, ast.Subscript):
            node = node.value
        if isinstance(node, ast.Call) and node.args and self._library(path, node.func) == TYPE_ADAPTER:
            return self.schemas.shapes(node.args[0], path)
        kept = (v.origin for v in self.program.values(node) if isinstance(v, Inst) and v.type == TYPE_ADAPTER)
        sites = [(o.site, o.path) for o in kept if o is not None and o.site is not node]
        return tuple(s for site, at in sites if isinstance(site, ast.Call) for s in self._adapter(at, site))

    def _library(self, path: str, node: ast.expr) -> str:
        found = self.program.names.resolve_expression(path, node)
        return found.name if isinstance(found, Ext) else ""

    def _constructed(self, path: str, node: ast.Call) -> None:
        """`Page(items=products)`: fields that are schemas are filled from the instances."""
        for value in self.program.values(node.func) if node.keywords else ():
            if not isinstance(value, Cls) or self.program.orm.is_model(value.info):
                continue
            filled = self.schemas.shapes(node.func, path) if isinstance(node.func, ast.Subscript) else ()
            shape = next((s for s in filled if s.schema is value.info), Shape(value.info))
            fields = {s: f for f in self.schemas.fields(shape) for s in (f.name, *f.sources)}
            for keyword in node.keywords:
                field = fields.get(keyword.arg or "")
                if field is not None and field.shapes:
                    self._validates(path, node, keyword.value, field.shapes)

    def _validates(self, path: str, call: ast.Call, argument: ast.expr, shapes: tuple[Shape, ...]) -> None:
        names = " | ".join(s.schema.name for s in shapes)
        self.validate(self.program.values(argument), shapes, Reader(path, argument, "schema", f"the schema {names}"))

    # -- walking -------------------------------------------------------------------------------------

    def validate(
        self,
        values: Values,
        shapes: tuple[Shape, ...],
        reader: Reader,
        above: frozenset[tuple[Shape, str]] = frozenset(),
    ) -> None:
        """Note what validating values against schemas reads.

        above: the schemas and fields that are being read around this one.
        """
        shapes = tuple(inner for shape in shapes for inner in self.schemas.root(shape) or (shape,))
        if not shapes:
            return
        for value in best(values):
            if isinstance(value, Obj) and self.program.orm.is_model(value.info):
                for shape in shapes:
                    self._instance(value, shape, reader, above)
            elif isinstance(value, Obj):
                for shape in shapes:
                    self._carrier(value, shape, reader, above)
            elif isinstance(value, Rec):
                for shape in shapes:
                    for field in self.schemas.fields(shape):
                        held = union(value.get(s) for s in {field.name, *field.sources})
                        self.validate(held, field.shapes, reader, above)
            elif isinstance(value, Inst) and value.type == "row":
                for shape in shapes:
                    for field in self.schemas.fields(shape):
                        for steps in field.paths:
                            held = self._looked_up(value, steps, reader)
                            self.validate(held, field.shapes, reader, above)
                self.validate(union(value.args), shapes, reader, above)
            elif isinstance(value, Inst) and value.type in CONTAINERS | RESULTS:
                self.validate(self.reading.elements(frozenset({value})), shapes, reader, above)
            elif isinstance(value, Inst) and value.type == "dict":
                self.validate(union(value.args), shapes, reader, above)
                for field in (f for shape in shapes for f in self.schemas.fields(shape)):
                    # one whose keys nobody knows: what was read as a field of that name
                    held = frozenset(v for v in union(value.args[1:]) if self._led_by(v, field.sources))
                    self.validate(held, field.shapes, reader, above)

    def _carrier(self, value: Obj, shape: Shape, reader: Reader, above: frozenset[tuple[Shape, str]]) -> None:
        """An object with instances in it. What a field with a schema of its own was given is no instance any more."""
        if not shape.arguments and shape.schema in self.program.classes.ancestors(value.info):
            return
        checked = self.schemas.fields(Shape(value.info)) if is_schema(self.program, value.info) else ()
        own = {f.name for f in checked if f.shapes}
        for field in self.schemas.fields(shape):
            for steps in field.paths:
                source = str(steps[0])
                if source not in own and (shape, source) not in above:
                    held = self._looked_up(value, steps, reader)
                    self.validate(held, field.shapes, reader, above | {(shape, source)})

    def _looked_up(self, value: Value, path: tuple[str | int, ...], reader: Reader) -> Values:
        """What validation finds along the path of a field: attributes, and elements by their number."""
        found: Values = frozenset({value})
        for step in path:
            named = isinstance(step, str)
            found = self.reading.attribute(found, str(step), reader) if named else self.reading.elements(found)
        return found

    def _led_by(self, value: Value, names: tuple[str, ...]) -> bool:
        inner = frozenset({value})
        origins = (o.origin for o in objects(inner | self.reading.elements(inner)))
        return any(o is not None and o.steps[-1:] and o.steps[-1] in names for o in origins)

    def _sends_what_is_loaded(self, value: Obj, schema: ClassInfo) -> bool:
        """Whether pydantic 1 makes a dictionary of an instance, which has what is loaded: that of a SQLModel, for a
        schema that reads no objects. Source: pydantic 1.10 `BaseModel.validate`."""
        is_sqlmodel = self.program.classes.derives_from(value.info, "sqlmodel.SQLModel")
        return self._pydantic_1 and is_sqlmodel and not self.schemas.reads_objects(schema)

    def _instance(self, value: Obj, shape: Shape, reader: Reader, above: frozenset[tuple[Shape, str]]) -> None:
        if self._sends_what_is_loaded(value, shape.schema):
            if value.origin is not None and isinstance(reader.node, ast.expr):
                self.reading.shown.setdefault((value.origin.site, value.origin.steps), set()).add(reader.node)
            return
        holds: dict[str, tuple[Field, Values]] = {}
        for field in self.schemas.fields(shape):
            held = NOTHING
            for steps in field.paths:
                source = str(steps[0])
                if (shape, source) in above:
                    if self.program.orm.relationship(value.info, source) is not None:
                        self.reading.endless[source, reader] = None
                    continue
                found = self._looked_up(value, steps, reader)
                self.validate(found, field.shapes, reader, above | {(shape, source)})
                held |= found
            holds[field.name] = (field, held)
        self._hooks(value, shape, holds, reader, above)

    def _validated_by_hook(
        self, path: str, schema: ast.expr, values: Values, reader: Reader, above: frozenset[tuple[Shape, str]]
    ) -> None:
        """`Schema.model_validate(values)` in the code of another schema."""
        for shape in self.schemas.shapes(schema, path):
            if (shape, BY_HOOK) not in above:
                self.validate(values, (shape,), reader, above | {(shape, BY_HOOK)})
                continue
            for value in objects(values | self.reading.elements(values)):
                if value.origin is not None and value.origin.steps:
                    self.reading.endless[value.origin.steps[-1], reader] = None

    def _hooks(
        self,
        value: Obj,
        shape: Shape,
        holds: Mapping[str, tuple[Field, Values]],
        reader: Reader,
        above: frozenset[tuple[Shape, str]],
    ) -> None:
        """What validators and serializers read of what they are given. What a schema was made of is a schema; where a
        field is of a mapped class, the instance stays."""
        holds_any = any(held for _, held in holds.values())
        is_model = self.program.orm.is_model
        kept = {name: held for name, (f, held) in holds.items() if all(is_model(s.schema) for s in f.shapes)}
        own: Values = frozenset({Rec(tuple(kept.items()))})
        for hook in self.schemas.hooks(shape.schema):
            by = replace(reader, apart=reader.apart or hook.output)
            validates = partial(self._validated_by_hook, reader=by, above=above)
            if isinstance(hook.function, FunctionInfo):
                self.reading.called.add(hook.function)
            if hook.takes is not Takes.OBJECT and not holds_any:
                continue  # columns alone: nothing that loads itself
            if hook.takes is Takes.SELF:
                run_hook(self.reading, hook.function, [own], by, shape.schema, validates)
            elif hook.takes is Takes.OBJECT:
                holder: Values = frozenset({Rec((("_obj", frozenset({value})),))}) if hook.fields else frozenset()
                given: Values = frozenset() if hook.fields else frozenset({value})
                arguments = [holder, given] if hook.method else [given]
                run_hook(self.reading, hook.function, arguments, by, shape.schema, validates)
            else:
                known = kept if hook.takes is Takes.CHECKED else {name: held for name, (_, held) in holds.items()}
                given = union(known.values() if "*" in hook.fields else (known.get(n, NOTHING) for n in hook.fields))
                arguments = [own, given] if hook.method else [given]
                run_hook(self.reading, hook.function, arguments, by, shape.schema, validates)

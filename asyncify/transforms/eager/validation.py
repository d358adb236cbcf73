"""Reads by schemas: response models, and instances that code hands to pydantic."""

from __future__ import annotations

import ast

from asyncify.analysis.names import Assigned
from asyncify.analysis.routes import Route
from asyncify.analysis.schemas import VALIDATORS, Schemas, Shape
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Cls, Ext, Inst, Obj, Rec, Value, Values, union
from asyncify.transforms.eager.reading import CONTAINERS, RESULTS, Reader, Reading, best


class Validation:
    """Notes what schemas read. One for each program."""

    def __init__(self, reading: Reading, routes: list[Route]) -> None:
        self.reading = reading
        self.program = reading.program
        self.schemas = Schemas(self.program)
        self.routes = routes

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
                self.validate(self.program.values(node.value), shapes, reader)

    def _call(self, path: str, node: ast.Call) -> None:
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in VALIDATORS and node.args:
            shapes = tuple(Shape(v.info) for v in self.program.values(func.value) if isinstance(v, Cls))
            shapes = shapes or self.schemas.shapes(func.value, path)
            self._validates(path, node, node.args[0], shapes)
        elif isinstance(func, ast.Attribute) and func.attr == "validate_python" and node.args:
            self._validates(path, node, node.args[0], self._adapter(path, func.value))
        elif self._library(path, func) in ("pydantic.parse_obj_as", "pydantic.tools.parse_obj_as"):
            if len(node.args) > 1:
                self._validates(path, node, node.args[1], self.schemas.shapes(node.args[0], path))
        elif self._library(path, func) == "fastapi.encoders.jsonable_encoder" and node.args:
            self._encoded(path, node.args[0])
        else:
            self._constructed(path, node)

    def _encoded(self, path: str, node: ast.expr) -> None:
        """Without a model FastAPI sends what is loaded, and nothing else: an option there would show."""
        function = self.program.function_of(node)
        stack = list(self.program.values(node))
        seen: set[Value] = set()  # values share their parts: without it, deep ones take for ever
        while stack:
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            if isinstance(value, Obj) and value.origin is not None and self.program.orm.is_model(value.info):
                self.reading.shown.setdefault(value.origin.site, set()).add(function)
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
        if isinstance(node, ast.Call) and node.args and self._library(path, node.func) == "pydantic.TypeAdapter":
            return self.schemas.shapes(node.args[0], path)
        return ()

    def _library(self, path: str, node: ast.expr) -> str:
        found = self.program.names.resolve_expression(path, node)
        return found.name if isinstance(found, Ext) else ""

    def _constructed(self, path: str, node: ast.Call) -> None:
        """`Page(items=products)`: fields that are schemas are filled from the instances."""
        for value in self.program.values(node.func) if node.keywords else ():
            if not isinstance(value, Cls) or self.program.orm.is_model(value.info):
                continue
            fields = {s: f for f in self.schemas.fields(Shape(value.info)) for s in (f.name, *f.sources)}
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
        if not shapes:
            return
        for value in best(values):
            if isinstance(value, Obj) and self.program.orm.is_model(value.info):
                for shape in shapes:
                    self._instance(value, shape, reader, above)
            elif isinstance(value, Rec):
                for shape in shapes:
                    for field in self.schemas.fields(shape):
                        held = union(value.get(s) for s in {field.name, *field.sources})
                        self.validate(held, field.shapes, reader, above)
            elif isinstance(value, Inst) and value.type == "row":
                for shape in shapes:
                    for field in self.schemas.fields(shape):
                        for source in field.sources:
                            held = self.reading.attribute(frozenset({value}), source, reader)
                            self.validate(held, field.shapes, reader, above)
                self.validate(union(value.args), shapes, reader, above)
            elif isinstance(value, Inst) and value.type in CONTAINERS | RESULTS:
                self.validate(self.reading.elements(frozenset({value})), shapes, reader, above)
            elif isinstance(value, Inst) and value.type == "dict":
                self.validate(union(value.args), shapes, reader, above)

    def _instance(self, value: Obj, shape: Shape, reader: Reader, above: frozenset[tuple[Shape, str]]) -> None:
        for field in self.schemas.fields(shape):
            for source in field.sources:
                if (shape, source) in above:
                    if self.program.orm.relationship(value.info, source) is not None:
                        self.reading.endless[source, reader] = None
                    continue
                held = self.reading.attribute(frozenset({value}), source, reader)
                self.validate(held, field.shapes, reader, above | {(shape, source)})
        for validator, parameter in self.schemas.before_validators(shape):
            self._validator(value, validator, parameter, reader)

    def _validator(self, value: Obj, validator: FunctionInfo, parameter: str, reader: Reader) -> None:
        """A validator that gets the object as it is reads what its code names."""

        def held(node: ast.expr) -> Values:
            if isinstance(node, ast.Name) and node.id == parameter:
                return frozenset({value})
            if isinstance(node, ast.Attribute):
                return self.reading.attribute(held(node.value), node.attr, reader)
            return frozenset()

        for node in validator.nodes:
            if isinstance(node, ast.Attribute):
                held(node)

"""Answers with rows of nobody knows which class: of `select(self.model)`, where that comes from anywhere.

The route validates them in the greenlet, as it does with an instance whose loading place is not known: what the schema
reads of a model by that name loads itself there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from asyncify.analysis.infer.attributes import is_property
from asyncify.analysis.routes import Reach, Route
from asyncify.analysis.schemas import VALIDATORS, Schemas, Shape
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Fn, Inst, Obj, Values, union
from asyncify.transforms.eager.reading import CONTAINERS, RESULTS, Reader, Reading

#: a form may have a method of the third name
VALIDATING = VALIDATORS - {"validate"}


class UnknownRows:
    """Finds them. One for each program."""

    def __init__(self, reading: Reading, schemas: Schemas) -> None:
        self.reading = reading
        self.program = reading.program
        self.schemas = schemas
        self.reach = Reach(self.program)

    def read(self, route: Route, values: Values, shapes: tuple[Shape, ...], reader: Reader) -> None:
        """Note what a response model may read of such rows, if the route may send some."""
        unknown = list(dict.fromkeys(self._unknown(values, shapes, 0)))
        if unknown and self.running & self.reach.of_route(route):
            self.reading.unknown += [(info, name, reader) for info, name in unknown]

    @cached_property
    def running(self) -> frozenset[FunctionInfo]:
        """The functions that run statements whose entity nobody knows, and do not validate the rows themselves."""
        found = set()
        for module in self.program.modules.values():
            for call in module.source.nodes_of(ast.Call):
                function = self.program.function_of(call)
                if function is not None and _runs_unknown(self.program.values(call)) and not _validates(function):
                    found.add(function)
        return frozenset(found)

    def _unknown(self, values: Values, shapes: tuple[Shape, ...], depth: int) -> Iterator[tuple[ClassInfo, str]]:
        """What is read of lists without known elements, and of those in objects that are no instances."""
        for value in values if depth < 3 else ():
            if isinstance(value, Inst) and value.type in CONTAINERS | RESULTS:
                inner = self.reading.elements(frozenset({value}))
                if not inner or all(isinstance(v, Obj) and self._is_base(v.info) for v in inner):
                    for shape in shapes:
                        yield from self._loading(shape)
            elif isinstance(value, Obj) and not self.program.orm.is_model(value.info):
                for field in (f for shape in shapes for f in self.schemas.fields(shape) if f.shapes):
                    held = union(self.program.held(value.info, source) for source in field.sources)
                    yield from self._unknown(held, field.shapes, depth + 1)

    def _is_base(self, info: ClassInfo) -> bool:
        """Whether a class stands for all models: that to which a type variable is bound."""
        return not self.program.orm.is_model(info) and any(
            map(self.program.orm.is_model, self.program.classes.descendants(info))
        )

    def _loading(self, shape: Shape) -> Iterator[tuple[ClassInfo, str]]:
        """What may load itself of what a schema reads, of the models that have the most of its fields."""
        fields = [field.sources for field in self.schemas.fields(shape)]
        having = {info: sum(1 for f in fields if any(n in names for n in f)) for info, names in self._names.items()}
        most = max(having.values(), default=0)
        for info in (info for info, number in having.items() if number == most > 0):
            loads = self._self_loading(info)
            yield from ((info, name) for sources in fields for name in sources if name in loads)

    @cached_property
    def _names(self) -> dict[ClassInfo, frozenset[str]]:
        """All that each model has."""
        orm, classes = self.program.orm, self.program.classes
        return {
            info: frozenset(orm.columns(info)).union(
                orm.relationships(info),
                *((*c.attributes, *c.methods) for c in classes.ancestors(info) if isinstance(c, ClassInfo)),
            )
            for info in sorted(orm.models, key=lambda m: (m.path, m.qualname))
        }

    def _self_loading(self, info: ClassInfo) -> set[str]:
        """Relationships, proxies of them, and properties that read one."""
        relationships = self.program.orm.relationships(info)
        above = [c for c in self.program.classes.ancestors(info) if isinstance(c, ClassInfo)]
        proxies = {n for c in above for n in c.attributes if self.reading.proxy(info, n) is not None}
        methods = {n: m for c in above for n, m in c.methods.items() if is_property(Fn(m))}
        return proxies.union(relationships, (n for n, m in methods.items() if relationships.keys() & _attributes(m)))


def _attributes(function: FunctionInfo) -> set[str]:
    return {node.attr for node in function.nodes if isinstance(node, ast.Attribute)}


def _validates(function: FunctionInfo) -> bool:
    """`[schema.model_validate(row) for row in rows]`: what it gives are no rows."""
    calls = (node for node in function.nodes if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in VALIDATING for call in calls)


def _runs_unknown(values: Values) -> bool:
    """Whether a call gives rows, and of nothing that is known."""
    return any(isinstance(v, Inst) and v.type in RESULTS and v.args and not any(v.args) for v in values)

"""What the dataclass side of a mapped dataclass reads: every field, relationships included."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext, Obj, Values, objects
from asyncify.transforms.eager.naming import is_back_reference
from asyncify.transforms.eager.reading import Reader, Reading

#: functions that read every field. Source: the standard library's `dataclasses`.
CONVERTERS = frozenset({"dataclasses.asdict", "dataclasses.astuple"})
#: what makes a class a dataclass. Source: SQLAlchemy "Declarative Dataclass Mapping".
DECORATORS = frozenset({"mapped_as_dataclass", "dataclass"})
BASES = frozenset({"sqlalchemy.orm.MappedAsDataclass"})


class Fields:
    """Notes reads of fields. One for each program."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.program = reading.program

    def call(self, path: str, node: ast.Call) -> None:
        """`asdict(instance)`: the fields of the instance, and of those that it holds."""
        made = self.program.names.resolve_expression(path, node.func) if node.args else None
        if isinstance(made, Ext) and made.name in CONVERTERS:
            what = f"{made.name.rpartition('.')[2]}()"
            for value in self.program.values(node.args[0]):
                if isinstance(value, Obj):
                    self._all(value, Reader(path, node, "code", what), frozenset())

    def compared(self, path: str, node: ast.Compare) -> None:
        """`one == other`: a generated `__eq__` compares the fields of both."""
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            if isinstance(operator, (ast.Eq, ast.NotEq)):
                first, second = self.program.values(left), self.program.values(right)
                classes = {o.info for o in objects(first)} & {o.info for o in objects(second)}
                for value in (*objects(first), *objects(second)):
                    if value.info in classes and self._generates(value.info, "eq", "__eq__"):
                        self.own(value, Reader(path, node, "code", f"== of {value.info.name}"))

    def shown(self, value: Obj, reader: Reader) -> None:
        """The text of an instance: a generated `__repr__` shows the fields."""
        if self._generates(value.info, "repr", "__repr__"):
            self.own(value, reader, option="repr")

    def own(self, value: Obj, reader: Reader, option: str = "compare") -> None:
        """Note that all fields of one instance are read, those without an option left out."""
        for name in self._relationships(value.info, option):
            self.reading.attribute(frozenset({value}), name, reader)
        self._columns(value, reader, option)

    def _columns(self, value: Obj, reader: Reader, option: str = "") -> None:
        """Note the columns that are fields: a statement may leave out some of them."""
        above = [base for base in self.program.classes.ancestors(value.info) if isinstance(base, ClassInfo)]
        for name in sorted(self.program.orm.columns(value.info)):
            stated = next((base.attributes[name] for base in above if name in base.attributes), None)
            if isinstance(stated, ast.AnnAssign) and not (option and _is_off(stated.value, option)):
                self.reading.note_column(value, name, reader)

    def _all(self, value: Obj, reader: Reader, above: frozenset[ClassInfo]) -> None:
        # a way back to a class that is being read ends without SQL: it leads to the instance that is there
        if value.origin is None or not is_dataclass(self.program, value.info):
            return
        above = above | {value.info}
        self._columns(value, reader)
        for name in self._relationships(value.info):
            relationship = self.program.orm.relationship(value.info, name)
            if relationship is None or (relationship.target in above and not relationship.collection):
                continue
            held: Values = self.reading.attribute(frozenset({value}), name, reader)
            if relationship.target not in above:
                for inner in (*objects(held), *objects(self.reading.elements(held))):
                    self._all(inner, reader, above)

    def _relationships(self, info: ClassInfo, option: str = "") -> list[str]:
        """The relationships that are fields: those with an annotation. option: a setting that must not be off."""
        found = []
        for name, relationship in sorted(self.program.orm.relationships(info).items()):
            statement = relationship.node
            if is_back_reference(relationship) or not isinstance(statement, ast.AnnAssign):
                continue
            if not (option and _is_off(statement.value, option)):
                found.append(name)
        return found

    def _generates(self, info: ClassInfo, option: str, method: str) -> bool:
        """Whether a method of a class is made by the dataclass machinery."""
        if not is_dataclass(self.program, info) or self.program.classes.method(info, method) is not None:
            return False
        if method == "__repr__" and self.program.classes.method(info, "__str__") is not None:
            return False
        keywords = [k for d in info.node.decorator_list if isinstance(d, ast.Call) for k in d.keywords]
        return not any(_is_false(k, option) for k in (*keywords, *info.node.keywords))


def is_dataclass(program: Program, info: ClassInfo) -> bool:
    """Whether a mapped class is a dataclass as well."""
    for base in program.classes.ancestors(info):
        if isinstance(base, Ext):
            if base.name in BASES:
                return True
        elif isinstance(base, ClassInfo):
            for decorator in base.node.decorator_list:
                node = decorator.func if isinstance(decorator, ast.Call) else decorator
                if getattr(node, "attr", getattr(node, "id", "")) in DECORATORS:
                    return True
    return False


def _is_off(call: ast.expr | None, option: str) -> bool:
    return isinstance(call, ast.Call) and any(_is_false(k, option) for k in call.keywords)


def _is_false(keyword: ast.keyword, option: str) -> bool:
    return keyword.arg == option and isinstance(keyword.value, ast.Constant) and keyword.value.value is False

"""Functions of schemas that pydantic calls by itself: validators, serializers, computed fields.

Source: pydantic 2 "Validators", "Serialization", "Fields: computed_field"; pydantic 1.10 "Validators", "Data binding".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Ext

Function = FunctionInfo | ast.Lambda


class Takes(Enum):
    """What a function is given."""

    OBJECT = "object"  # what is validated
    VALUE = "value"  # what an attribute of it holds
    CHECKED = "checked"  # the same once it is validated
    SELF = "self"  # the schema that was made of it


@dataclass(frozen=True)
class Hook:
    """One function. fields: whose values it is given, `*` for all. output: it runs when the schema is written out.

    method: whether `self` or the class comes first.
    """

    function: Function
    takes: Takes
    fields: frozenset[str] = frozenset()
    output: bool = False
    method: bool = True


_MODES = MappingProxyType({"before": Takes.VALUE, "wrap": Takes.VALUE, "plain": Takes.VALUE, "after": Takes.CHECKED})
_FIELD_VALIDATORS = frozenset({"pydantic.field_validator", "pydantic.validator", "pydantic.v1.validator"})
_MODEL_VALIDATORS = frozenset({"pydantic.model_validator", "pydantic.root_validator", "pydantic.v1.root_validator"})
_FIELD_SERIALIZERS = frozenset({"pydantic.field_serializer"})
_OUTPUTS = frozenset({"pydantic.model_serializer", "pydantic.computed_field"})
#: what stands in an annotation with a function -> what that is given, and whether it runs on the way out
_IN_ANNOTATIONS: Mapping[str, tuple[Takes, bool]] = MappingProxyType(
    {
        "BeforeValidator": (Takes.VALUE, False),
        "WrapValidator": (Takes.VALUE, False),
        "PlainValidator": (Takes.VALUE, False),
        "AfterValidator": (Takes.CHECKED, False),
        "PlainSerializer": (Takes.CHECKED, True),
        "WrapSerializer": (Takes.CHECKED, True),
    }
)


def hooks_of(program: Program, schema: ClassInfo) -> Iterator[Hook]:
    """All functions that pydantic calls for a schema, inherited ones included."""
    for base in program.classes.ancestors(schema):
        if not isinstance(base, ClassInfo):
            continue
        for method in base.methods.values():
            yield from _of_method(program, method)
        for name, statement in base.attributes.items():
            if isinstance(statement, ast.AnnAssign):
                yield from _of_annotation(program, base.path, statement.annotation, name)
        yield from _getters(program, base)


def _of_method(program: Program, method: FunctionInfo) -> Iterator[Hook]:
    for decorator in method.node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        meant = program.names.resolve_expression(method.path, target)
        if not isinstance(meant, Ext):
            continue
        names, mode = _settings(decorator)
        bound = "staticmethod" not in method.decorators
        if meant.name in _FIELD_VALIDATORS:
            yield Hook(method, _MODES.get(mode, Takes.CHECKED), names, method=bound)
        elif meant.name in _MODEL_VALIDATORS:
            takes = Takes.SELF if mode == "after" or len(method.parameters) < 2 else Takes.OBJECT
            yield Hook(method, takes, method=bound)
        elif meant.name in _FIELD_SERIALIZERS:
            yield Hook(method, Takes.CHECKED, names, output=True, method=bound)
        elif meant.name in _OUTPUTS:
            yield Hook(method, Takes.SELF, output=True)


def _settings(decorator: ast.expr) -> tuple[frozenset[str], str]:
    """The fields and the mode that a decorator names."""
    if not isinstance(decorator, ast.Call):
        return frozenset(), ""
    texts = (a.value for a in decorator.args if isinstance(a, ast.Constant))
    keywords = {k.arg: k.value.value for k in decorator.keywords if isinstance(k.value, ast.Constant)}
    mode = "before" if keywords.get("pre") is True else str(keywords.get("mode", ""))
    return frozenset(t for t in texts if isinstance(t, str)), mode


def _of_annotation(program: Program, path: str, node: ast.expr, name: str, depth: int = 0) -> Iterator[Hook]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and inner.args:
            meant = program.names.resolve_expression(path, inner.func)
            known = (
                meant.name.rpartition(".")[2] if isinstance(meant, Ext) and meant.name.startswith("pydantic") else ""
            )
            function = _function(program, path, inner.args[0])
            if known in _IN_ANNOTATIONS and function is not None:
                takes, output = _IN_ANNOTATIONS[known]
                yield Hook(function, takes, frozenset({name}), output, method=False)
        elif isinstance(inner, (ast.Name, ast.Attribute)) and depth < 4:
            alias = program.names.resolve_expression(path, inner)
            if isinstance(alias, Assigned) and not isinstance(alias.value, ast.Constant):
                yield from _of_annotation(program, alias.path, alias.value, name, depth + 1)


def _function(program: Program, path: str, node: ast.expr) -> Function | None:
    if isinstance(node, ast.Lambda):
        return node
    found = program.names.resolve_expression(path, node)
    return found if isinstance(found, FunctionInfo) else None


def _getters(program: Program, base: ClassInfo) -> Iterator[Hook]:
    """pydantic 1: `Config.getter_dict`, whose `get` reads from `self._obj`."""
    for inner in base.node.body:
        if isinstance(inner, ast.ClassDef) and inner.name == "Config":
            for statement in inner.body:
                if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == "getter_dict":
                    getter = program.names.resolve_expression(base.path, statement.value)
                    if isinstance(getter, ClassInfo) and "get" in getter.methods:
                        yield Hook(getter.methods["get"], Takes.OBJECT, frozenset({"_obj"}))

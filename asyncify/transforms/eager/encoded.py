"""Instances that are encoded to look at their columns: `data = jsonable_encoder(user)`, then `if field in data`.

The encoder takes what is loaded, and goes on through it. A lazy program has columns there. With loads both sides of a
relationship may be loaded, and the encoder goes round until Python stops it. Where the program looks at fields of the
result only, the relationships are left out. Source: FastAPI `fastapi/encoders.py`, which reads `vars()` of an instance
and keeps `exclude` for its own fields.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise, product

from asyncify.analysis.bindings import bring
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Ext, Obj
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall
from asyncify.transforms.eager.loads import entities
from asyncify.transforms.eager.reading import Reading

ENCODER = "fastapi.encoders.jsonable_encoder"
#: what looks at fields of a dict, and gives none of its values but one that is named
_LOOKS = frozenset({"keys", "get"})
_CHOICES = frozenset({"include", "exclude"})


def encoded(reading: Reading) -> Iterator[Edit]:
    """Edits that leave relationships out where an encoder may go round."""
    program = reading.program
    loaded = _loaded(reading)
    for path, module in sorted(program.modules.items()):
        for call in module.source.nodes_of(ast.Call):
            if not _is_encoder(reading, path, call):
                continue
            function, models = program.function_of(call), _models(reading, call.args[0])
            if function is None or not any(_goes_round(info, loaded) for info in models):
                continue
            named = set(_named_fields(reading, function, call))
            if None in named or any(named & program.orm.relationships(info).keys() for info in models):
                continue
            inspect, imports = bring(program, path, "sqlalchemy", "inspect")
            text = f"{{*{inspect}({module.source.segment(call.args[0])}).mapper.relationships.keys()}}"
            because = "what is loaded may lead back to where it began, and the encoder takes all that is loaded"
            op = EditCall(set=(("exclude", text),))
            yield Edit("eager", path, module.source.target(call), op, imports, because=because)


def _is_encoder(reading: Reading, path: str, call: ast.Call) -> bool:
    if len(call.args) != 1 or not isinstance(call.args[0], (ast.Name, ast.Attribute)):
        return False
    if any(keyword.arg in _CHOICES or keyword.arg is None for keyword in call.keywords):
        return False
    found = reading.program.names.resolve_expression(path, call.func)
    return isinstance(found, Ext) and found.name == ENCODER


def _models(reading: Reading, node: ast.expr) -> set[ClassInfo]:
    """The models of instances that an expression gives; none where it may give something else."""
    values = reading.program.values(node)
    models = {v.info for v in values if isinstance(v, Obj) and reading.program.orm.is_model(v.info)}
    return models if all(isinstance(v, Obj) and v.info in models for v in values) else set()


def _loaded(reading: Reading) -> dict[ClassInfo, set[ClassInfo]]:
    """For each model, the models that what is read of its instances leads to. Of a generic query each may be meant."""
    orm = reading.program.orm
    found: dict[ClassInfo, set[ClassInfo]] = defaultdict(set)
    for site, paths in reading.paths.items():
        if not isinstance(site, (ast.Call, ast.Attribute)):
            continue
        firsts = {e.info for e in entities(reading.program, reading.files[site], site)} or set(orm.models)
        for first, steps in product(firsts, paths):
            ends = [orm.end_of(first, steps[:number]) for number in range(len(steps) + 1)]
            for one, following in pairwise(ends):
                if one is not None and following is not None:
                    found[one].add(following)
    return found


def _goes_round(first: ClassInfo, loaded: Mapping[ClassInfo, set[ClassInfo]]) -> bool:
    """Whether what is loaded leads from a model into a circle."""
    done: set[ClassInfo] = set()

    def walk(info: ClassInfo, way: tuple[ClassInfo, ...]) -> bool:
        if info in way or info in done:
            return info in way
        done.add(info)
        return any(walk(target, (*way, info)) for target in loaded.get(info, ()))

    return walk(first, ())


def _named_fields(reading: Reading, function: FunctionInfo, call: ast.Call) -> Iterator[str | None]:
    """The fields that are taken from the result by name; None where it goes elsewhere as a whole."""
    source = reading.program.modules[function.path].source
    outer = source.parent(call)
    if not (isinstance(outer, ast.Assign) and len(outer.targets) == 1 and isinstance(outer.targets[0], ast.Name)):
        yield _field(source.parent(call), outer, call)
        return
    name = outer.targets[0].id
    for use in function.nodes:
        if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load):
            yield _field(source.parent(use), source.parent(source.parent(use) or use), use)


def _field(outer: ast.AST | None, beyond: ast.AST | None, use: ast.expr) -> str | None:
    """The field that one use of a dict takes; empty where it takes none, or one that is computed."""
    if isinstance(outer, ast.Subscript) and outer.value is use and isinstance(outer.ctx, ast.Load):
        return _text(outer.slice)
    if isinstance(outer, ast.Attribute) and outer.attr in _LOOKS and isinstance(beyond, ast.Call):
        return _text(beyond.args[0]) if beyond.args else ""
    if isinstance(outer, ast.Compare) and use in outer.comparators:
        return "" if all(isinstance(op, (ast.In, ast.NotIn)) for op in outer.ops) else None
    if isinstance(outer, (ast.For, ast.comprehension)) and outer.iter is use:
        return ""
    return None


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

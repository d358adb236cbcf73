"""Instances that are encoded before they are read: `data = jsonable_encoder(user)`, then `user.posts`.

The encoder takes what is loaded, and goes on through it. A lazy program has columns there. With loads there is more in
the result, and where both sides of a relationship are loaded the encoder goes round until Python stops it: what is
read later only is left out, and where the program looks at columns alone all relationships are. Source: FastAPI
`fastapi/encoders.py`, which reads `vars()` of an instance and keeps `exclude` for its own fields.
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
from asyncify.transforms.eager.existing import ExistingOptions
from asyncify.transforms.eager.loads import entities
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.reading import Reading

ENCODER = "fastapi.encoders.jsonable_encoder"
#: what looks at fields of a dict, and gives none of its values but one that is named
_LOOKS = frozenset({"keys", "get"})
_CHOICES = frozenset({"include", "exclude"})


def encoded(reading: Reading, existing: ExistingOptions) -> Iterator[Edit]:
    """Edits that leave out of what is encoded what only the loads of the plan bring there."""
    modules = sorted(reading.program.modules.items())
    calls = [(p, m, c) for p, m in modules for c in m.source.nodes_of(ast.Call) if _is_encoder(reading, p, c)]
    loaded = _loaded(reading) if calls else {}
    for path, module, call in calls:
        function = reading.program.function_of(call)
        if function is not None:
            if _looks_at_columns(reading, function, call, loaded):
                inspect, imports = bring(reading.program, path, "sqlalchemy", "inspect")
                text = f"{{*{inspect}({module.source.segment(call.args[0])}).mapper.relationships.keys()}}"
            else:
                text, imports = ", ".join(f'"{name}"' for name in _read_later(reading, existing, function, call)), ()
                text = f"{{{text}}}" if text else ""
            if text:
                op = EditCall(set=(("exclude", text),))
                because = "the encoder takes what is loaded, and goes on through it"
                yield Edit("eager", path, module.source.target(call), op, imports, because=because)


def _looks_at_columns(
    reading: Reading, function: FunctionInfo, call: ast.Call, loaded: Mapping[ClassInfo, set[ClassInfo]]
) -> bool:
    """Whether nobody looks at a relationship in what comes from an encoder that may go round."""
    models = _models(reading, call.args[0])
    if not any(_goes_round(info, loaded) for info in models):
        return False
    named = set(_named_fields(reading, function, call))
    return None not in named and not any(named & reading.program.orm.relationships(info).keys() for info in models)


def _read_later(reading: Reading, existing: ExistingOptions, function: FunctionInfo, call: ast.Call) -> Iterator[str]:
    """The relationships that the function reads behind an encoder, not before it, and that nothing loads now."""
    orm = reading.program.orm
    early: set[str] = set()
    late: set[str] = set()
    for value in reading.program.values(call.args[0]):
        if not isinstance(value, Obj) or value.origin is None or not orm.is_model(value.info):
            continue
        site, above = value.origin.site, value.origin.steps
        early |= {e.steps[-1] for e in existing.of_statement(site) if e.loads and e.steps[:-1] == above}
        for steps, readers in reading.paths.get(site, {}).items():
            relationship = orm.relationship(value.info, steps[-1]) if steps[:-1] == above else None
            if relationship is None or relationship.lazy in EAGER_SETTINGS:
                continue
            for reader in readers:
                if reading.program.function_of(reader.node) is function:
                    (late if _line(reader.node) > _line(call) else early).add(steps[-1])
    yield from sorted(late - early)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _is_encoder(reading: Reading, path: str, call: ast.Call) -> bool:
    if len(call.args) != 1 or not isinstance(call.args[0], (ast.Name, ast.Attribute)):
        return False
    if any(keyword.arg in _CHOICES or keyword.arg is None for keyword in call.keywords):
        return False
    found = reading.program.names.resolve_expression(path, call.func)
    return isinstance(found, Ext) and found.name == ENCODER


def _models(reading: Reading, node: ast.expr) -> set[ClassInfo]:
    """The models of instances that an expression gives; none where it may give something else."""
    program = reading.program
    given = {v.info if isinstance(v, Obj) else None for v in program.values(node)}
    models = {info for info in given if info is not None and program.orm.is_model(info)}
    bases = {base for info in models for base in program.classes.ancestors(info)}  # a TypeVar may be bound to one
    return models if given <= models | bases else set()


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

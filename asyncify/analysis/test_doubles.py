"""Replacements that tests put in the place of functions: monkeypatch, `unittest.mock.patch`, plain assignment."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.names import Assigned, Definition
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Const, Fn, Inst, Mod, Obj, Rec, Values


@dataclass(frozen=True)
class Replacement:
    """One replacement. target: the function that is replaced. node: the call or assignment. value: what is put there;
    None when the library makes it (`patch("app.crud.get")`)."""

    path: str
    target: FunctionInfo
    node: ast.AST
    value: ast.expr | None


def replacements(program: Program) -> Mapping[FunctionInfo, list[FunctionInfo]]:
    """For each function, the functions that tests replace it with."""
    from asyncify.analysis.mock_objects import method_replacements

    found: dict[FunctionInfo, list[FunctionInfo]] = defaultdict(list)
    for one in (*find_replacements(program), *method_replacements(program)):
        for value in program.values(one.value) if one.value is not None else ():
            if isinstance(value, Fn) and value.info not in found[one.target]:
                found[one.target].append(value.info)
    return found


def find_replacements(program: Program) -> Iterator[Replacement]:
    """All replacements of functions of the program, by file and place."""
    for path in sorted(program.modules):
        for node in program.modules[path].source.nodes_among(frozenset({ast.Call, ast.Assign})):
            if isinstance(node, ast.Call):
                yield from _by_call(program, path, node)
                yield from _items(program, path, node)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Subscript) and is_test(path):
                        yield from _by_item(program, path, program.values(target.value), node, target.slice, node.value)
                    elif isinstance(target, ast.Attribute):
                        function = _member(program, target.value, target.attr)
                        if function is not None:
                            yield Replacement(path, function, node, node.value)


def _by_call(program: Program, path: str, node: ast.Call) -> Iterator[Replacement]:
    """`monkeypatch.setattr`, and `patch` and `patch.object` of `unittest.mock` and pytest-mock."""
    name = last_name(node.func)
    by_object = name in ("setattr", "object") and isinstance(node.func, ast.Attribute)
    if not by_object and name not in ("patch", "setattr"):
        return
    by_object = by_object and len(node.args) > 1 and not isinstance(node.args[0], ast.Constant)
    target: FunctionInfo | None = None
    if by_object and isinstance(node.args[1], ast.Constant):
        target = _member(program, node.args[0], str(node.args[1].value))
    elif node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        target = dotted(program, path, node.args[0].value)
    if target is None:
        return
    position = 2 if by_object else 1
    value = node.args[position] if len(node.args) > position else None
    keywords = {k.arg: k.value for k in node.keywords}
    yield Replacement(path, target, node, value or keywords.get("new") or keywords.get("value"))


def _items(program: Program, path: str, node: ast.Call) -> Iterator[Replacement]:
    """`monkeypatch.setitem(JOBS, "count", fake)`, `patch.dict(JOBS, {"count": fake})`, `patch.dict(JOBS, count=fake)`.

    Source: pytest "How to monkeypatch"; `unittest.mock`, `patch.dict`.
    """
    entries: list[tuple[ast.expr, ast.expr]] = []
    if last_name(node.func) == "setitem" and len(node.args) == 3:
        entries = [(node.args[1], node.args[2])]
    elif last_name(node.func) == "dict" and isinstance(node.func, ast.Attribute) and node.args and is_test(path):
        shown = [a for a in node.args[1:] if isinstance(a, ast.Dict)]
        entries = [(k, v) for a in shown for k, v in zip(a.keys, a.values, strict=True) if k is not None]
        entries += [(ast.Constant(k.arg), k.value) for k in node.keywords if k.arg]
    owner = node.args[0] if entries else None
    if isinstance(owner, ast.Constant) and isinstance(owner.value, str):
        named = resolve_dotted(program, path, owner.value)
        owner = named.value if isinstance(named, Assigned) else None
    owners = program.values(owner) if owner is not None else frozenset()
    for key, value in entries:
        yield from _by_item(program, path, owners, node, key, value)


def _by_item(
    program: Program, path: str, owners: Values, node: ast.AST, key: ast.expr, value: ast.expr
) -> Iterator[Replacement]:
    """What a dictionary of functions has under a key; under any, where its keys are not known."""
    known = {v.text for v in program.values(key) if isinstance(v, Const)}
    texts = {str(key.value)} if isinstance(key, ast.Constant) else known
    under = {v for owner in owners if isinstance(owner, Rec) for text in texts for v in owner.get(text)}
    held = {v for o in owners if isinstance(o, Inst) and o.type == "dict" and len(o.args) == 2 for v in o.args[1]}
    functions = {v.info for v in under if isinstance(v, Fn)} or {v.info for v in held if isinstance(v, Fn)}
    for function in sorted(functions, key=lambda f: (f.path, f.qualname)):
        if not is_test(function.path):
            yield Replacement(path, function, node, value)


def _member(program: Program, owner: ast.expr, name: str) -> FunctionInfo | None:
    """The function that `owner.name` is."""
    for value in program.values(owner):
        found: object = None
        if isinstance(value, Mod):
            found = program.names.resolve(value.path, name)
        elif isinstance(value, (Cls, Obj)):
            found = program.classes.method(value.info, name)
        if isinstance(found, FunctionInfo):
            return found
    return None


def dotted(program: Program, importer: str, text: str) -> FunctionInfo | None:
    """The function that a dotted path in a string names, `package.module.function` or `...Class.method`."""
    found = resolve_dotted(program, importer, text)
    return found if isinstance(found, FunctionInfo) else None


def resolve_dotted(program: Program, importer: str, text: str) -> Definition | None:
    """What a dotted path in a string names."""
    parts = text.split(".")
    for split in range(len(parts) - 1, 0, -1):
        module = program.names.index.find(".".join(parts[:split]), importer)
        if module is None or module not in program.modules:
            continue
        found = program.names.resolve(module, parts[split])
        for name in parts[split + 1 :]:
            if isinstance(found, Mod):
                found = program.names.resolve(found.path, name)
            else:
                found = program.classes.method(found, name) if isinstance(found, ClassInfo) else None
        return found
    return None

"""What an annotation says that a value is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from asyncify.analysis.infer.dependencies import dependency
from asyncify.analysis.infer.engine import Engine, Record
from asyncify.analysis.infer.evaluate import annotated, evaluate
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Ann, Cls, Const, Ext, Inst, Tv, Value, Values, union
from asyncify.knowledge import names
from asyncify.knowledge.containers import PROVIDED
from asyncify.knowledge.names import canonical

LISTS = frozenset(
    {"builtins.list", "builtins.set", "builtins.frozenset"}
    | {f"typing.{n}" for n in ("List", "Set", "Sequence", "Iterable", "Collection", "MutableSequence", "FrozenSet")}
)
GENERATORS = frozenset({f"typing.{n}" for n in ("Generator", "Iterator")})
CONTEXT_MANAGERS = frozenset(
    {f"contextlib.Abstract{n}" for n in ("ContextManager", "AsyncContextManager")}
    | {f"typing.{n}" for n in ("ContextManager", "AsyncContextManager")}
)
ASYNC_GENERATORS = frozenset({f"typing.{n}" for n in ("AsyncGenerator", "AsyncIterator", "AsyncIterable")})
WRAPPERS = frozenset(
    {
        "typing.Optional",
        "typing.Annotated",
        "typing.ClassVar",
        "typing.Final",
        "sqlalchemy.orm.Mapped",
        "typing.Required",
    }
    # an alias of `Annotated[T, FromComponent()]`. Source: dishka 1.5 `integrations/base.py`
    | {f"dishka.{n}FromDishka" for n in ("", "integrations.base.", "integrations.fastapi.", "integrations.starlette.")}
)


def read_annotation(run: Run, node: ast.expr | None, depth: int = 0) -> Values:
    """The values that an annotation promises; nothing where it says nothing that matters here."""
    if node is None or depth > 8:
        return NOTHING
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            try:
                inner = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return NOTHING
            # no file has these nodes: what is seen of them, as in "Annotated[Session, Depends(get_db)]", has no place
            return annotated(replace(run, record=Record()), inner, depth + 1)
        return NOTHING
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return annotated(run, node.left, depth + 1) | annotated(run, node.right, depth + 1)
    if isinstance(node, ast.Subscript):
        return run.note(node, _subscript(run, node, depth))
    if isinstance(node, (ast.Name, ast.Attribute)):
        return from_values(run, evaluate(run, node), depth)
    return NOTHING


def from_values(run: Run, values: Values, depth: int = 0) -> Values:
    """The instances that a class (or an alias, or a type variable) used as an annotation stands for."""
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Cls):
            found |= run.instance(value.info)
        elif isinstance(value, Ext):
            name = canonical(value.name)
            if name in names.MADE_BY:
                found.add(Inst(name, (frozenset({Inst(names.MADE_BY[name])}),)))
            elif name.rpartition(".")[2][:1].isupper() and not name.startswith("typing."):
                found.add(Inst(name))
            elif name in ("builtins.list", "builtins.dict", "builtins.set", "builtins.tuple"):
                continue
        elif isinstance(value, Ann):
            # an alias is read with the names of the module that defines it
            found |= annotated(run.at(value.path), value.node, depth + 1)
        elif isinstance(value, Tv):
            found |= _type_variable(run, value, depth)
    return frozenset(found)


def _type_variable(run: Run, variable: Tv, depth: int) -> Values:
    """A type variable is what the class of `self` filled in (`CRUDBase[User, ...]`), else its bound."""
    key = (run.receiver, variable.name)
    if key in run.engine.filling:  # a base that passes a variable of the same name on
        return NOTHING
    run.engine.filling.add(key)
    try:
        for argument, path in type_arguments(run, variable.name):
            found = annotated(run.at(path), argument, depth + 1)
            if found:
                return found
    finally:
        run.engine.filling.discard(key)
    return from_values(run, variable.bound, depth + 1)


def type_arguments(run: Run, variable: str) -> list[tuple[ast.expr, str]]:
    """The expressions that the ancestors of the receiver put in the place of a type variable of their base."""
    if run.receiver is None:
        return []
    known = run.engine.type_arguments
    key = (run.receiver, variable)
    if key not in known:
        known[key] = list(_type_arguments(run.engine, *key))
    return known[key]


def _type_arguments(engine: Engine, receiver: ClassInfo, variable: str) -> Iterator[tuple[ast.expr, str]]:
    for info in engine.classes.ancestors(receiver):
        if isinstance(info, Ext):
            continue
        for node in info.node.bases:
            if not isinstance(node, ast.Subscript):
                continue
            base = engine.names.resolve_expression(info.path, node.value)
            bases = getattr(getattr(base, "node", None), "bases", None)
            if not isinstance(bases, list):
                continue
            arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            for parameters in (p for p in bases if isinstance(p, ast.Subscript)):
                slots = parameters.slice.elts if isinstance(parameters.slice, ast.Tuple) else [parameters.slice]
                for slot, argument in zip(slots, arguments, strict=False):
                    if isinstance(slot, ast.Name) and slot.id == variable:
                        yield argument, info.path
            type_params = getattr(getattr(base, "node", None), "type_params", [])
            for param, argument in zip(type_params, arguments, strict=False):
                if param.name == variable:
                    yield argument, info.path


def _subscript(run: Run, node: ast.Subscript, depth: int) -> Values:
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    heads = evaluate(run, node.value)
    found: list[Values] = []
    for head in heads:
        if isinstance(head, Cls):
            found.append(run.instance(head.info))
            continue
        name = canonical(head.name) if isinstance(head, Ext) else ""
        if name == "typing.Annotated":
            for extra in arguments[1:]:
                for value in evaluate(run, extra):
                    if isinstance(value, Inst) and value.type == names.DEPENDS and value.args:
                        found.append(dependency(run, value.args[0], extra))
                    elif isinstance(value, Inst) and value.type == PROVIDED:
                        found.append(value.args[0])
            found.append(annotated(run, arguments[0], depth + 1))
        elif name in WRAPPERS:
            found.append(annotated(run, arguments[0], depth + 1))
        elif name == "typing.Union":
            found.extend(annotated(run, a, depth + 1) for a in arguments)
        elif name in LISTS:
            found.append(frozenset({Inst("list", (annotated(run, arguments[0], depth + 1),))}))
        elif name in ("builtins.tuple", "typing.Tuple"):
            found.append(frozenset({Inst("tuple", tuple(annotated(run, a, depth + 1) for a in arguments))}))
        elif name in ("builtins.dict", "typing.Dict", "typing.Mapping") and len(arguments) == 2:
            found.append(frozenset({Inst("dict", tuple(annotated(run, a, depth + 1) for a in arguments))}))
        elif name in GENERATORS:
            found.append(frozenset({Inst("generator", (annotated(run, arguments[0], depth + 1),))}))
        elif name in ASYNC_GENERATORS:
            found.append(frozenset({Inst("asyncgenerator", (annotated(run, arguments[0], depth + 1),))}))
        elif name in CONTEXT_MANAGERS:
            # nobody is known to make it
            found.append(frozenset({Inst("contextmanager", (annotated(run, arguments[0], depth + 1), NOTHING))}))
        elif name in ("typing.Type", "builtins.type"):
            found.append(_class_of(run, arguments[0], depth))
        elif isinstance(head, Ext) and (name in names.MADE_BY or name.rpartition(".")[2][:1].isupper()):
            found.append(frozenset({Inst(name, tuple(annotated(run, a, depth + 1) for a in arguments))}))
    return union(found)


def _class_of(run: Run, node: ast.expr, depth: int) -> Values:
    found: set[Value] = set()
    for value in evaluate(run, node) if not isinstance(node, ast.Constant) else ():
        if isinstance(value, Cls):
            found.add(value)
        elif isinstance(value, Tv):
            for argument, path in type_arguments(run, value.name):
                found |= {v for v in evaluate(run.at(path), argument) if isinstance(v, Cls)}
    return frozenset(found)


def constant_text(values: Values) -> str | None:
    """The text of a value that is one known string."""
    texts = [v.text for v in values if isinstance(v, Const)]
    return texts[0] if len(texts) == 1 and len(values) == 1 else None

"""Walking expressions: what each may be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from asyncify.analysis.infer import containers
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import (
    NOTHING,
    Ann,
    Cls,
    Const,
    Ext,
    Fn,
    Inst,
    Member,
    Mod,
    Obj,
    Origin,
    Rec,
    Value,
    Values,
    collection,
    union,
)
from asyncify.knowledge import names
from asyncify.knowledge.library import ATTRIBUTES, STATES
from asyncify.knowledge.names import canonical
from asyncify.knowledge.object_factories import FACTORY, MANY, ONE

#: how many relationships are followed from one loaded instance (a tree of categories has no end)
DEPTH = 5


def evaluate(run: Run, node: ast.expr) -> Values:
    """The values of an expression, noted for the node and everything inside it."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                evaluate(run, child)
        return NOTHING
    return run.note(node, handler(run, node))


def _name(run: Run, node: ast.Name) -> Values:
    return run.lookup(node.id)


def _constant(run: Run, node: ast.Constant) -> Values:
    return frozenset({Const(node.value)}) if isinstance(node.value, str) and len(node.value) < 200 else NOTHING


def _attribute(run: Run, node: ast.Attribute) -> Values:
    return attribute(run, evaluate(run, node.value), node.attr, node)


def attribute(run: Run, base: Values, name: str, node: ast.AST) -> Values:
    """`base.name` for each value of the base."""
    found: list[Values] = []
    for value in base:
        if isinstance(value, Obj):
            found.append(_of_object(run, value, name, node))
        elif isinstance(value, Inst):
            found.append(_of_instance(run, value, name, node))
        elif isinstance(value, Cls):
            found.append(_of_class(run, value.info, name))
        elif isinstance(value, Mod):
            found.append(_of_module(run, value, name))
        elif isinstance(value, Ext):
            found.append(frozenset({Ext(canonical(f"{value.name}.{name}"))}))
        elif isinstance(value, Fn) and not value.bound:
            found.append(run.read("attr", value.info, name))
    return union(found)


def _of_module(run: Run, value: Mod, name: str) -> Values:
    found = run.engine.global_values(value.path, name, run.unit)
    if found or value.path not in run.engine.modules:
        return found
    child = run.engine.names.index.child(value.path, name)
    return frozenset({Mod(child)}) if child else NOTHING


def _of_class(run: Run, info: ClassInfo, name: str) -> Values:
    method = method_values(run, info, name, bound=False)
    if method:
        return method
    relationship = run.engine.orm.relationship(info, name) if run.engine.orm.is_model(info) else None
    if relationship is not None:
        target = relationship.target
        return frozenset({Inst("relationship", (frozenset({Cls(target)}) if target else NOTHING,))})
    if name in ONE | MANY and run.engine.factories.is_factory(info):
        return frozenset({Member(Inst(FACTORY, (frozenset({Cls(info)}),)), name)})
    return _class_cells(run, info, name)


def _class_cells(run: Run, info: ClassInfo, name: str) -> Values:
    found = []
    for base in run.engine.classes.ancestors(info):
        if isinstance(base, ClassInfo):
            found.append(run.read("attr", base, name))
    return union(found)


def method_values(run: Run, info: ClassInfo, name: str, *, bound: bool) -> Values:
    """The function that `info.name` finds, and those that override it below."""
    found: set[Value] = set()
    for base in run.engine.classes.ancestors(info):
        if isinstance(base, ClassInfo) and name in base.methods:
            method = base.methods[name]
            replaced = run.read("method", base, name)
            kinds = {getattr(d, "id", getattr(d, "attr", "")) for d in method.node.decorator_list}
            bind = (bound or "classmethod" in kinds) and "staticmethod" not in kinds
            if replaced:
                found |= {Fn(v.info, v.receiver or info, v.bound or bind) if isinstance(v, Fn) else v for v in replaced}
            else:
                found.add(Fn(method, info, bind))
            break
    if found and bound:
        for child in run.engine.classes.descendants(info):
            if name in child.methods:
                found.add(Fn(child.methods[name], child, True))
    return frozenset(found)


def _of_object(run: Run, value: Obj, name: str, node: ast.AST) -> Values:
    from asyncify.analysis.infer.calls import call_function

    orm = run.engine.orm
    if orm.is_model(value.info):
        relationship = orm.relationship(value.info, name)
        if relationship is not None:
            origin = value.origin
            if origin is not None:
                run.note_read(origin, value.info, name, node)
                origin = origin.step(name) if len(origin.steps) < DEPTH else None
            target = run.instance(relationship.target, origin) if relationship.target else NOTHING
            if relationship.lazy == "dynamic":
                entities = frozenset({Cls(relationship.target)}) if relationship.target else NOTHING
                return frozenset({Inst(names.DYNAMIC, (entities,), origin)})
            return frozenset({collection("list", target)}) if relationship.collection else target
    methods = method_values(run, value.info, name, bound=True)
    found: list[Values] = []
    for method in methods:
        if isinstance(method, Fn) and is_property(method):
            function = Fn(method.info, method.receiver, True)
            receiver = frozenset({value})
            found.append(call_function(run, function, [], {}, node, receiver))
        else:
            found.append(frozenset({method}))
    if methods:
        return union(found)
    found.append(_class_cells(run, value.info, name))
    if not any(found):
        found.append(_declared(run, value.info, name))
    return union(found)


def _declared(run: Run, info: ClassInfo, name: str) -> Values:
    """What the annotation of a class body (dataclass, pydantic, SQLModel) says about an attribute."""
    from asyncify.analysis.infer.annotations import annotated

    for base in run.engine.classes.ancestors(info):
        if isinstance(base, ClassInfo):
            stmt = base.attributes.get(name)
            if isinstance(stmt, ast.AnnAssign):
                return annotated(run.at(base.path), stmt.annotation)
    return NOTHING


def is_property(function: Fn) -> bool:
    """Whether reading the attribute runs the function."""
    return any(
        getattr(d, "id", getattr(d, "attr", "")) in ("property", "cached_property", "hybrid_property", "computed_field")
        for d in function.info.node.decorator_list
    )


def _of_instance(run: Run, value: Inst, name: str, node: ast.AST) -> Values:
    if value.type in STATES:
        return run.read("state", value.type, name)
    provided = containers.attribute_of(run, value, name, node)
    if provided is not None:
        return provided
    known = ATTRIBUTES.get((value.type, name))
    if known is not None:
        return frozenset({Inst(known)})
    if value.type == "row":
        for entity in value.args:
            hits = frozenset(o for o in entity if isinstance(o, Obj) and o.info.name == name)
            if hits:
                return hits
        return NOTHING
    return frozenset({Member(value, name)})


# -- containers ----------------------------------------------------------------------------------------


def elements(run: Run, values: Values, node: ast.AST) -> Values:
    """What iterating over values gives."""
    from asyncify.analysis.infer.calls import call_function

    found: list[Values] = []
    for value in values:
        if isinstance(value, Inst):
            if value.type in (names.QUERY, names.DYNAMIC, names.RESULT, names.SCALARS):
                from asyncify.analysis.infer.sql import row_of

                found.append(row_of(run, value))
            elif value.type in ("list", "set", "generator", "asyncgenerator", "iterator"):
                found.append(value.args[0])
            elif value.type in ("tuple", "row"):
                found.extend(value.args)
            elif value.type == "dict":
                found.append(value.args[0])
        elif isinstance(value, Obj):
            for name in ("__iter__", "__aiter__"):
                method = run.engine.classes.method(value.info, name)
                if method is not None:
                    inner = call_function(run, Fn(method, value.info, True), [], {}, node)
                    found.append(elements(run, frozenset(v for v in inner if isinstance(v, Inst)), node))
    return union(found)


def _sequence(kind: str) -> Callable[[Run, Any], Values]:
    def handler(run: Run, node: ast.List | ast.Set) -> Values:
        parts = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                parts.append(elements(run, evaluate(run, item.value), item))
            else:
                parts.append(evaluate(run, item))
        return frozenset({collection(kind, _no_text(union(parts)))})

    return handler


def _no_text(values: Values) -> Values:
    return frozenset(v for v in values if not isinstance(v, Const))


def _tuple(run: Run, node: ast.Tuple) -> Values:
    parts = tuple(
        elements(run, evaluate(run, i.value), i) if isinstance(i, ast.Starred) else _no_text(evaluate(run, i))
        for i in node.elts
    )
    return frozenset({Inst("tuple", parts)})


def _dict(run: Run, node: ast.Dict) -> Values:
    items: list[tuple[str, Values]] = []
    found: set[Value] = set()
    keys: list[Values] = []
    values: list[Values] = []
    for key, val in zip(node.keys, node.values, strict=True):
        result = evaluate(run, val)
        if key is None:
            for value in result:
                if isinstance(value, Rec):
                    items.extend(value.items)
                else:
                    found.add(value)
            continue
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            items.append((key.value, _no_text(result)))
        else:
            keys.append(_no_text(evaluate(run, key)))
        values.append(_no_text(result))
    if items:
        found.add(Rec(tuple(items)))
    found.add(Inst("dict", (union(keys), union(values))))
    return frozenset(found)


def _subscript(run: Run, node: ast.Subscript) -> Values:
    from asyncify.analysis.infer.sql import row_of

    base = evaluate(run, node.value)
    for value in base:
        if isinstance(value, Ext) and containers.is_marker(value.name):
            return containers.marker(run, value.name, evaluate(run, node.slice))
    if any(isinstance(v, (Ext, Cls)) for v in base):
        # an alias of types (`Annotated[Session, Depends(get_db)]`), or a class filled in (`Repo[User]`)
        classes = frozenset(v for v in base if isinstance(v, Cls))
        return classes or frozenset({Ann(node, run.path)})
    index = evaluate(run, node.slice)
    found: list[Values] = []
    for value in base:
        if isinstance(value, Rec):
            for key in index:
                if isinstance(key, Const):
                    found.append(value.get(key.text))
        elif isinstance(value, Inst):
            if value.type in (names.QUERY, names.DYNAMIC):
                rows = row_of(run, value)
                found.append(frozenset({collection("list", rows)}) if isinstance(node.slice, ast.Slice) else rows)
            elif value.type in ("list", "set"):
                found.append(frozenset({value}) if isinstance(node.slice, ast.Slice) else value.args[0])
            elif value.type in ("tuple", "row"):
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                    position = node.slice.value
                    if -len(value.args) <= position < len(value.args):
                        found.append(value.args[position])
                else:
                    found.extend(value.args)
            elif value.type == "dict":
                found.append(value.args[1])
    return union(found)


def _comprehension(kind: str) -> Callable[[Run, Any], Values]:
    def handler(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        outer = run.env
        run.env = dict(outer)
        _generators(run, node.generators)
        result = evaluate(run, node.elt)
        run.env = outer
        return frozenset({collection(kind, _no_text(result))})

    return handler


def _dict_comprehension(run: Run, node: ast.DictComp) -> Values:
    outer = run.env
    run.env = dict(outer)
    _generators(run, node.generators)
    key, value = evaluate(run, node.key), evaluate(run, node.value)
    run.env = outer
    return frozenset({Inst("dict", (_no_text(key), _no_text(value)))})


def _generators(run: Run, generators: list[ast.comprehension]) -> None:
    for part in generators:
        for name, values in _targets(part.target, elements(run, evaluate(run, part.iter), part.iter), run):
            run.env[name] = values
        for test in part.ifs:
            evaluate(run, test)
            narrow(run, test)


def narrow(run: Run, test: ast.expr) -> None:
    """Where `isinstance(x, Class)` holds and nothing else is known about x, it is an instance of that class."""
    from asyncify.analysis.infer.annotations import from_values

    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            narrow(run, part)
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "isinstance":
        if len(test.args) == 2 and isinstance(test.args[0], ast.Name) and not run.lookup(test.args[0].id):
            classes = evaluate(run, test.args[1])
            members = [m for v in classes if isinstance(v, Inst) and v.type == "tuple" for m in v.args]
            run.env[test.args[0].id] = from_values(run, union([classes, *members]))


def _targets(target: ast.expr, values: Values, run: Run) -> list[tuple[str, Values]]:
    run.note(target, values)
    if isinstance(target, ast.Name):
        return [(target.id, values)]
    if isinstance(target, (ast.Tuple, ast.List)):
        return [
            pair
            for position, item in enumerate(target.elts)
            for pair in _targets(
                item.value if isinstance(item, ast.Starred) else item, _position(values, position), run
            )
        ]
    return []


def _position(values: Values, position: int) -> Values:
    found: list[Values] = []
    for value in values:
        if isinstance(value, Inst):
            if value.type in ("tuple", "row") and position < len(value.args):
                found.append(value.args[position])
            elif value.type in ("list", "generator") and value.args:
                found.append(value.args[0])
    return union(found)


def store(run: Run, target: ast.expr, values: Values) -> None:
    """Assign values to a target."""
    if isinstance(target, ast.Name):
        run.note(target, values)
        run.bind(target.id, values)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for position, item in enumerate(target.elts):
            inner = item.value if isinstance(item, ast.Starred) else item
            part = _position(values, position)
            store(run, inner, frozenset({collection("list", part)}) if isinstance(item, ast.Starred) else part)
    elif isinstance(target, ast.Attribute):
        for value in evaluate(run, target.value):
            store_attribute(run, value, target.attr, values)
    elif isinstance(target, ast.Subscript):
        base = evaluate(run, target.value)
        key = evaluate(run, target.slice)
        text = next((k.text for k in key if isinstance(k, Const)), None)
        added: Value = Rec(((text, values),)) if text else Inst("dict", (key, values))
        if base and values:
            grow(run, target.value, added)


def grow(run: Run, node: ast.expr, value: Value) -> None:
    """A container in a name or attribute now also holds what `value` holds."""
    if isinstance(node, ast.Name):
        run.bind(node.id, run.lookup(node.id) | {value})
    elif isinstance(node, ast.Attribute):
        for owner in evaluate(run, node.value):
            store_attribute(run, owner, node.attr, frozenset({value}))


def store_attribute(run: Run, owner: Value, name: str, values: Values) -> None:
    """`owner.name = values`."""
    if isinstance(owner, (Obj, Cls)):
        if not (run.engine.orm.is_model(owner.info) and run.engine.orm.relationship(owner.info, name)):
            run.write(("attr", owner.info, name), values)
    elif isinstance(owner, Inst) and owner.type in STATES:
        run.write(("state", owner.type, name), values)
    elif isinstance(owner, Mod):
        run.write(("global", owner.path, name), values)


def _bool(run: Run, node: ast.BoolOp) -> Values:
    return union(evaluate(run, v) for v in node.values)


def _conditional(run: Run, node: ast.IfExp) -> Values:
    evaluate(run, node.test)
    return evaluate(run, node.body) | evaluate(run, node.orelse)


def _await(run: Run, node: ast.Await) -> Values:
    return awaited(evaluate(run, node.value))


def awaited(values: Values) -> Values:
    """What `await` makes of values: the result of a coroutine; our async library kinds are modelled as results."""
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Inst) and value.type == "coroutine":
            found |= value.args[0]
        else:
            found.add(value)
    return frozenset(found)


def _walrus(run: Run, node: ast.NamedExpr) -> Values:
    values = evaluate(run, node.value)
    store(run, node.target, values)
    return values


def _lambda(run: Run, node: ast.Lambda) -> Values:
    outer = run.env
    run.env = dict(outer)
    for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        run.env[arg.arg] = run.read("lambda", node, arg.arg)
    for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
        evaluate(run, default)
    result = evaluate(run, node.body)
    run.env = outer
    run.write(("lambda", node), result)
    return frozenset({Inst("lambda", (result,), Origin(run.path, node))})


def _binary(run: Run, node: ast.BinOp) -> Values:
    left, right = evaluate(run, node.left), evaluate(run, node.right)
    kept = left | right
    if isinstance(node.op, ast.Add):
        return frozenset(v for v in kept if isinstance(v, Inst) and v.type in ("list", "tuple"))
    if isinstance(node.op, ast.BitOr) and any(isinstance(v, (Cls, Ext)) for v in kept):
        return frozenset({Ann(node, run.path)})
    return NOTHING


def _yield(run: Run, node: ast.Yield) -> Values:
    function = run.function
    if node.value is not None and function is not None:
        run.write(("yield", function, run.receiver), evaluate(run, node.value))
    return NOTHING


def _yield_from(run: Run, node: ast.YieldFrom) -> Values:
    function = run.function
    inner = elements(run, evaluate(run, node.value), node.value)
    if function is not None:
        run.write(("yield", function, run.receiver), inner)
    return NOTHING


def _call(run: Run, node: ast.Call) -> Values:
    from asyncify.analysis.infer.calls import call

    return call(run, node)


def _starred(run: Run, node: ast.Starred) -> Values:
    return elements(run, evaluate(run, node.value), node)


_HANDLERS: Mapping[type[ast.expr], Callable[[Run, Any], Values]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.List: _sequence("list"),
    ast.Set: _sequence("set"),
    ast.Tuple: _tuple,
    ast.Dict: _dict,
    ast.Subscript: _subscript,
    ast.ListComp: _comprehension("list"),
    ast.SetComp: _comprehension("set"),
    ast.GeneratorExp: _comprehension("generator"),
    ast.DictComp: _dict_comprehension,
    ast.BoolOp: _bool,
    ast.IfExp: _conditional,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.BinOp: _binary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Starred: _starred,
}

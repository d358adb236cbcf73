"""`base.name`: of instances, classes and modules of the program, and of library objects."""

from __future__ import annotations

import ast
from dataclasses import replace

from asyncify.analysis.infer.dynamic_imports import REQUEST
from asyncify.analysis.infer.engine import Engine
from asyncify.analysis.infer.evaluate import annotated
from asyncify.analysis.infer.foreign import thing_of
from asyncify.analysis.infer.functions import call_function
from asyncify.analysis.infer.graphql import context_of
from asyncify.analysis.infer.queries import dynamic_collection, query_property
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import (
    NOTHING,
    Cls,
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
    union,
)
from asyncify.knowledge import containers as table
from asyncify.knowledge.containers import PROVIDED, PROVIDER
from asyncify.knowledge.library import ATTRIBUTES, CLIENTS, DISPATCH, DISPATCHERS, OBJECTS, OF_COROUTINES, STATES
from asyncify.knowledge.names import AWAITABLE_ATTRS, DYNAMIC, SELECT, WRITE_ONLY, canonical
from asyncify.knowledge.object_factories import FACTORY, MANY, ONE

#: how many relationships are followed from one loaded instance (a tree of categories has no end)
DEPTH = 5
#: what `functools.wraps` gives a wrapper. Source: Python library reference, `functools.update_wrapper`
WRAPPED = "__wrapped__"
#: decorators that make an attribute of a method
PROPERTIES = frozenset({"property", "cached_property", "hybrid_property", "computed_field"})


def attribute(run: Run, base: Values, name: str, node: ast.AST) -> Values:
    """`base.name` for each value of the base."""
    if not base:
        return NOTHING
    found: list[Values] = []
    for value in base:
        if isinstance(value, Obj):
            found.append(_of_object(run, value, run.engine.classes.unmangled(value.info, name), node))
        elif isinstance(value, Inst):
            found.append(_of_instance(run, value, name, node))
        elif isinstance(value, Cls):
            found.append(_of_class(run, value.info, run.engine.classes.unmangled(value.info, name), node))
        elif isinstance(value, Mod):
            found.append(_of_module(run, value, name))
        elif isinstance(value, Ext):
            dotted = canonical(f"{value.name}.{name}")
            known = OBJECTS.get(dotted)
            found.append(frozenset({Inst(known) if known else Ext(dotted)}))
        elif isinstance(value, Rec) and not hasattr(dict, name):
            found.append(value.get(name))  # a named tuple
        elif isinstance(value, Member):
            found.append(attribute(run, thing_of(value.base), name, node))
        elif isinstance(value, Fn) and name == "register" and value.info.decorators & DISPATCHERS:
            found.append(frozenset({Inst(DISPATCH, (frozenset({value}),))}))
        elif isinstance(value, Fn) and name == WRAPPED and value.wraps:
            found.append(frozenset({replace(value, info=value.wraps[0], wraps=value.wraps[1:])}))
        elif isinstance(value, Fn) and not value.bound:
            found.append(run.read("attr", value.info, name))
    return union(found)


def _of_module(run: Run, value: Mod, name: str) -> Values:
    found = run.engine.global_values(value.path, name, run.unit)
    if found or value.path not in run.engine.modules:
        return found
    child = run.engine.names.index.child(value.path, name)
    return frozenset({Mod(child)}) if child else NOTHING


def _of_class(run: Run, info: ClassInfo, name: str, node: ast.AST) -> Values:
    query = query_property(run, info, name, node)
    if query:
        return query
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
    return union([run.read("attr", base, name) for base in run.engine.classes.program_ancestors(info)])


def method_values(run: Run, info: ClassInfo, name: str, *, bound: bool) -> Values:
    """The function that `info.name` finds, and those that override it below."""
    known = run.engine.methods
    key = (info, name, bound)
    if key not in known:
        known[key] = _written_methods(run.engine, info, name, bound=bound)
    found, decorated = known[key]
    replaced = run.read("method", decorated.cls, name) if decorated is not None else NOTHING
    if decorated is None or not replaced:
        return found
    bind = _binds(decorated, bound=bound)
    kept = found - {Fn(decorated, info, bind)}
    return kept | {
        replace(v, receiver=v.receiver or info, bound=v.bound or bind) if isinstance(v, Fn) else v for v in replaced
    }


def _written_methods(engine: Engine, info: ClassInfo, name: str, *, bound: bool) -> tuple[Values, FunctionInfo | None]:
    """`method_values` as written; and the method where decorators may put something else in its place."""
    method = engine.classes.method(info, name)
    if method is None:
        return NOTHING, None
    found: set[Value] = {Fn(method, info, _binds(method, bound=bound))}
    if bound:
        below = engine.classes.descendants(info)
        found |= {Fn(child.methods[name], child, True) for child in below if name in child.methods}
    return frozenset(found), method if method.node.decorator_list else None


def _binds(method: FunctionInfo, *, bound: bool) -> bool:
    return (bound or "classmethod" in method.decorators) and "staticmethod" not in method.decorators


def _of_object(run: Run, value: Obj, name: str, node: ast.AST) -> Values:
    orm = run.engine.orm
    if orm.is_model(value.info):
        if name == AWAITABLE_ATTRS:
            return frozenset({Inst(AWAITABLE_ATTRS, (frozenset({value}),))})
        relationship = orm.relationship(value.info, name)
        if relationship is not None:
            origin = value.origin
            awaited = isinstance(node, ast.Attribute) and getattr(node.value, "attr", "") == AWAITABLE_ATTRS
            if not awaited and (origin is not None or not isinstance(node, ast.Attribute)):
                run.note_read(origin, value.info, name, node)
            if origin is not None:
                origin = origin.step(name) if len(origin.steps) < DEPTH else None
            target = run.instance(relationship.target, origin) if relationship.target else NOTHING
            if relationship.lazy == "dynamic":
                return dynamic_collection(run, relationship, node)
            if relationship.lazy == "write_only" and relationship.target is not None:
                return frozenset({Inst(WRITE_ONLY, (frozenset({Cls(relationship.target)}),))})
            return relationship.held(target)
        below = [c for c in orm.subclasses_with(value.info, name) if orm.relationship(c, name) is not None]
        if below:
            origin = value.origin
            parts = [(c, origin.step(c.name) if origin is not None else None) for c in below]
            return union(_of_object(run, Obj(c, o), name, node) for c, o in parts)
    query = query_property(run, value.info, name, node)
    if query:
        return query
    methods = method_values(run, value.info, name, bound=True)
    found: list[Values] = []
    for method in methods:
        if isinstance(method, Fn) and is_property(method):
            function = replace(method, bound=True)
            receiver = frozenset({value})
            found.append(call_function(run, function, [], {}, node, receiver))
        else:
            found.append(frozenset({method}))
    if methods:
        return union(found)
    found.append(_class_cells(run, value.info, name))
    if not any(found):
        found.append(_declared(run, value.info, name))
    if not any(found) and not name.startswith("__"):
        found.append(_passed_on(run, value, name, node))
    return union(found)


def _passed_on(run: Run, value: Obj, name: str, node: ast.AST) -> Values:
    """What a proxy finds: `def __getattr__(self, name): return getattr(self.session, name)`."""
    method = run.engine.classes.method(value.info, "__getattr__")
    if method is None or len(method.parameters) != 2:
        return NOTHING
    own, asked = (parameter.arg for parameter in method.parameters)
    for call in method.nodes:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "getattr":
            inner, key = (*call.args, None, None)[:2]
            if isinstance(key, ast.Name) and key.id == asked and isinstance(inner, ast.Attribute):
                if isinstance(inner.value, ast.Name) and inner.value.id == own and inner.attr != name:
                    held = attribute(run, frozenset({value}), inner.attr, node)
                    others = frozenset(v for v in held if not (isinstance(v, Obj) and v.info is value.info))
                    return attribute(run, others, name, node)
    return NOTHING


def _declared(run: Run, info: ClassInfo, name: str) -> Values:
    """What the annotation of a class body (dataclass, pydantic, SQLModel) says about an attribute."""
    for base in run.engine.classes.ancestors(info):
        if isinstance(base, ClassInfo):
            stmt = base.attributes.get(name)
            if isinstance(stmt, ast.AnnAssign):
                return annotated(run.at(base.path), stmt.annotation)
    return NOTHING


def is_property(function: Fn) -> bool:
    """Whether reading the attribute runs the function."""
    return any(not PROPERTIES.isdisjoint(info.decorators) for info in (function.info, *function.wraps))


def _of_instance(run: Run, value: Inst, name: str, node: ast.AST) -> Values:
    if value.type == "coroutine" and name not in OF_COROUTINES:
        return attribute(run, value.args[0], name, node)  # an await was forgotten, and will be there
    if value.type == AWAITABLE_ATTRS:
        return attribute(run, value.args[0], name, node)
    if value.type in STATES:
        return run.read("state", value.type, name)
    provided = of_provider(run, value, name, node)
    if provided is not None:
        return provided
    if value.type == REQUEST and name == "param":
        return union(value.args)
    if value.type == REQUEST and name in ("cls", "instance") and run.function is not None:
        classes = run.engine.fixtures.classes(run.function)  # pytest, "How to use unittest-based tests with pytest"
        return frozenset(Cls(info) if name == "cls" else Obj(info) for info in classes)
    context = context_of(run, value, name)
    if context:
        return context
    if value.type == DYNAMIC and name == "statement":
        return frozenset({Inst(SELECT, value.args, Origin(run.path, node))})
    known = ATTRIBUTES.get((value.type, name))
    if known is not None:
        return frozenset({Inst(known)})
    own = run.read("state", value.type, name) if value.type in CLIENTS else NOTHING
    if own:
        return own
    if value.type == "row":
        for entity in value.args:
            hits = frozenset(o for o in entity if isinstance(o, Obj) and o.info.name == name)
            if hits:
                return hits
        return NOTHING
    return frozenset({Member(value, name)})


def of_provider(run: Run, value: Inst, name: str, node: ast.AST) -> Values | None:
    """An attribute of a provider or of a provided value; None where `value` is neither."""
    if value.type == PROVIDED:
        if name == "call":  # called when it is injected: `service.provided.name.call()`
            return frozenset({value})
        return frozenset({Inst(PROVIDED, (attribute(run, value.args[0], name, node),))})
    if value.type != PROVIDER:
        return None
    if name == "provided":
        return frozenset({Inst(PROVIDED, (value.args[0],))})
    if name in ("provider", "delegate"):
        return frozenset({Inst(PROVIDER, (frozenset({value}),))})
    if name in table.PROVIDER_API:
        return None
    # a container inside a container: `services = providers.Container(Services)` has the providers of `Services`
    return attribute(run, value.args[0], name, node)

"""Parameters that the framework fills by their place, and what a lifespan leaves for the requests.

Sources: Starlette "Middleware" (`BaseHTTPMiddleware`), "Exceptions", "Lifespan State"; FastAPI "Middleware";
Celery "Tasks" (bound tasks, custom task classes); SQLAlchemy "ORM Events", InstanceEvents.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import NOTHING, Cls, Ext, Fn, Inst, Rec, Values, has, union
from asyncify.knowledge import names
from asyncify.knowledge.library import STATE

REQUEST: Values = frozenset({Inst(names.REQUEST)})
BASE_MIDDLEWARE = "starlette.middleware.base.BaseHTTPMiddleware"
#: methods of an app whose decorated functions are given the request first
REGISTER = frozenset({"middleware", "exception_handler"})
LISTENS_FOR = "sqlalchemy.event.listens_for"
#: events of instances, whose listeners are given the instance first, and often put something on it
OF_INSTANCES = frozenset({"init", "load", "refresh"})


def given_by_place(run: Run, function: FunctionInfo, arg: ast.arg) -> Values:
    """The request, for a middleware or an exception handler; the instance, for a listener of its class."""
    position = function.parameters.index(arg)
    if function.cls is not None:
        middleware = function.name == "dispatch" and run.engine.classes.derives_from(function.cls, BASE_MIDDLEWARE)
        return REQUEST if middleware and position == 1 else NOTHING
    if position == 0:
        calls = [node for node in function.node.decorator_list if isinstance(node, ast.Call)]
        for node in calls:
            if isinstance(node.func, ast.Attribute) and node.func.attr in REGISTER:
                if has(evaluate(run.at(function.path), node.func.value), names.FASTAPI):
                    return REQUEST
        return union(_listened_instance(run, function, node) for node in calls)
    return NOTHING


def _listened_instance(run: Run, function: FunctionInfo, node: ast.Call) -> Values:
    """`@event.listens_for(User, "load")`: an instance of the class."""
    event = node.args[1] if len(node.args) > 1 else None
    if not isinstance(event, ast.Constant) or event.value not in OF_INSTANCES:
        return NOTHING
    around = run.at(function.path)
    if Ext(LISTENS_FOR) not in evaluate(around, node.func):
        return NOTHING
    return union(run.instance(value.info) for value in evaluate(around, node.args[0]) if isinstance(value, Cls))


def bound_task(run: Run, function: FunctionInfo, arg: ast.arg) -> Values:
    """`@app.task(bind=True, base=DatabaseTask)`: the function is given the task itself first, whatever callers pass."""
    found: Values = NOTHING
    for decorator in function.node.decorator_list if function.parameters.index(arg) == 0 else ():
        given = {k.arg: k.value for k in decorator.keywords} if isinstance(decorator, ast.Call) else {}
        bind, base = given.get("bind"), given.get("base")
        if base is not None and isinstance(bind, ast.Constant) and bind.value is True:
            for value in evaluate(run.at(function.path), base):
                if isinstance(value, Cls) and run.engine.classes.derives_from(value.info, names.CELERY_TASK):
                    found |= run.instance(value.info)
    return found


def keep_lifespan_state(run: Run, kwargs: Mapping[str, Values]) -> None:
    """`FastAPI(lifespan=...)`: the items of the dict that the lifespan yields are attributes of `request.state`."""
    for value in kwargs.get("lifespan", NOTHING):
        if isinstance(value, Fn) and value.info.is_generator:
            for state in run.read("yield", value.info, value.receiver):
                for name, values in state.items if isinstance(state, Rec) else ():
                    run.write(("state", STATE, name), values)

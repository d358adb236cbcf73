"""The routes of FastAPI applications: which function answers, what it promises, what runs before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ann, Ext, Fn, has
from asyncify.knowledge import names

#: methods of an app or router that register a function. Source: FastAPI reference, `FastAPI` and `APIRouter`.
DECORATORS = frozenset("get put post delete options head patch trace api_route".split())
RESPONSES = ("fastapi.responses.", "starlette.responses.", "fastapi.Response", "starlette.Response")


@dataclass(frozen=True, eq=False)
class Route:
    """A function that answers requests.

    call: the decorator or the `add_api_route(...)` call. path: the file of that call.
    response: the expression of the response model (`response_model=`, else the return annotation) and the file in
    which it stands; None where FastAPI sends what the function returns without a model.
    dependencies: the `Depends(...)` calls of the decorator, of its router and of the application.
    """

    function: FunctionInfo
    call: ast.Call
    path: str
    response: tuple[ast.expr, str] | None
    dependencies: tuple[ast.AST, ...] = ()

    def answers(self, field: str) -> bool:
        """Whether the answer of this route has a name in FastAPI, which the function, the whole path and the method
        make. Source: `fastapi.utils.generate_unique_id`."""
        start = f"Response_{self.function.name}"
        if not field.startswith(f"{start}_"):
            return False
        end = self.call.args[0] if self.call.args else _keyword(self.call, "path")
        text = re.sub(r"\W", "_", end.value) if isinstance(end, ast.Constant) and isinstance(end.value, str) else ""
        return field[len(start) :].rpartition("_")[0].endswith(text)


def routes(program: Program) -> list[Route]:
    """Every route of a program, by file and place."""
    found: list[Route] = []
    shared = tuple(_shared(program))
    for function in program.functions:
        for decorator in function.node.decorator_list:
            if isinstance(decorator, ast.Call) and _is_route(program, decorator):
                found.append(_route(program, function, decorator, function.path, shared))
    for path in sorted(program.modules):
        for node in program.modules[path].source.nodes:
            if not isinstance(node, ast.Call):
                continue
            endpoint: ast.expr | None
            if is_applied_route(program, node) and isinstance(node.func, ast.Call):
                node, endpoint = node.func, node.args[0]
            elif _registers(program, node, frozenset({"add_api_route"})):
                endpoint = node.args[1] if len(node.args) > 1 else _keyword(node, "endpoint")
            else:
                continue
            for value in program.values(endpoint) if endpoint is not None else ():
                if isinstance(value, Fn):
                    found.append(_route(program, value.info, node, path, shared))
    return found


def _is_route(program: Program, decorator: ast.Call) -> bool:
    """Whether a decorator makes a route: one of FastAPI, or another that is told a response model, unless that is a
    function of another library, which has a use of its own for it."""
    model = _keyword(decorator, "response_model")
    foreign = any(isinstance(v, Ext) and not v.name.startswith("fastapi.") for v in program.values(decorator.func))
    told = model is not None and not isinstance(model, ast.Constant) and not foreign
    return told or _registers(program, decorator, DECORATORS)


def _registers(program: Program, call: ast.Call, methods: frozenset[str]) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in methods
        and has(program.values(call.func.value), names.FASTAPI, names.ROUTER)
    )


def is_applied_route(program: Program, call: ast.Call) -> bool:
    """Whether a call registers a function without a decorator line: `router.get("/users")(users.read_many)`."""
    return isinstance(call.func, ast.Call) and len(call.args) == 1 and _registers(program, call.func, DECORATORS)


def _route(program: Program, function: FunctionInfo, call: ast.Call, path: str, shared: tuple[ast.AST, ...]) -> Route:
    model = _keyword(call, "response_model")
    response: tuple[ast.expr, str] | None = None
    if model is not None:
        response = None if isinstance(model, ast.Constant) and model.value is None else (model, path)
    elif function.node.returns is not None and not _is_response(program, function.path, function.node.returns):
        response = (function.node.returns, function.path)
    return Route(function, call, path, response, (*_depends(call), *shared))


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def _is_response(program: Program, path: str, annotation: ast.expr) -> bool:
    found = program.names.resolve_expression(path, annotation)
    return isinstance(found, Ext) and (found.name.startswith(RESPONSES) or found.name.endswith("Response"))


def _depends(call: ast.Call) -> tuple[ast.AST, ...]:
    value = _keyword(call, "dependencies")
    return tuple(value.elts) if isinstance(value, (ast.List, ast.Tuple)) else ()


def _shared(program: Program) -> Iterator[ast.AST]:
    """The dependencies of routers and apps. One router is not told from another: those of all count for each."""
    for path in sorted(program.modules):
        for node in program.modules[path].source.nodes:
            if isinstance(node, ast.Call) and (
                has(program.values(node), names.FASTAPI, names.ROUTER)
                or _registers(program, node, frozenset({"include_router"}))
            ):
                yield from _depends(node)


class Reach:
    """Which functions of the program a function runs, directly and through others, dependencies included."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._direct: dict[FunctionInfo, frozenset[FunctionInfo]] = {}
        self._closed: dict[FunctionInfo, frozenset[FunctionInfo]] = {}

    def of(self, function: FunctionInfo) -> frozenset[FunctionInfo]:
        """The function itself and all that it may run."""
        found = self._closed.get(function)
        if found is None:
            seen = {function}
            stack = [function]
            while stack:
                for inner in self.direct(stack.pop()):
                    if inner not in seen:
                        seen.add(inner)
                        stack.append(inner)
            found = self._closed[function] = frozenset(seen)
        return found

    def of_route(self, route: Route) -> frozenset[FunctionInfo]:
        """All that a request to a route may run."""
        found = set(self.of(route.function))
        for node in route.dependencies:
            for function in self._runs(node):
                found |= self.of(function)
        return frozenset(found)

    def direct(self, function: FunctionInfo) -> frozenset[FunctionInfo]:
        """What the body and the parameters of a function run, and the functions that it hands over."""
        found = self._direct.get(function)
        if found is None:
            arguments = function.node.args
            roots: list[ast.AST] = [*function.node.body, *arguments.defaults, *filter(None, arguments.kw_defaults)]
            roots.extend(p.annotation for p in function.parameters if p.annotation is not None)
            found = self._direct[function] = frozenset(f for root in roots for f in self._runs(root))
        return found

    def _runs(self, root: ast.AST) -> Iterator[FunctionInfo]:
        program = self._program
        for node in ast.walk(root):
            for called in program.calls(node):
                yield called.info
            for handed in program.facts.handed.get(node, ()):
                yield handed.info
            if isinstance(node, (ast.Name, ast.Attribute)):
                for value in program.values(node):
                    if isinstance(value, Ann):  # `CurrentUser = Annotated[User, Depends(...)]`
                        for inner in ast.walk(value.node):
                            yield from (f.info for f in program.calls(inner))

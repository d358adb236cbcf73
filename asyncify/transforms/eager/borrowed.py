"""The session of a request for a route that has none of its own, but whose dependencies have it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach, Route
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ann, Inst, Values, is_session
from asyncify.knowledge import names
from asyncify.transforms.eager.sessions import Access, access

#: the name of a dependency, resolved, and what it is: instances of one class are told apart by their names
Provider = tuple[object, Values]


class Borrowed:
    """Finds it. FastAPI gives every function of one request the same result of a dependency, so a parameter of another
    route of the file has the session of the instance where what it depends on is among what this route depends on, too.
    Source: FastAPI "Sub-dependencies", "Using the same dependency multiple times".
    """

    def __init__(self, program: Program, routes: Mapping[FunctionInfo, Route], reach: Reach) -> None:
        self.program = program
        self.routes = routes
        self.reach = reach

    def parameter(self, function: FunctionInfo) -> Access | None:
        """The parameter that a route gets for it."""
        if function not in self.routes:
            return None
        defaults = bool(function.node.args.defaults)
        taken = function.local_names
        own: list[Provider] | None = None
        for other in self.routes:
            if other.path != function.path:
                continue
            for parameter in other.parameters:
                values = self.program.values(parameter)
                if not is_session(values):
                    continue
                default = other.default_of(parameter.arg)
                if parameter.arg in taken or (default is None and defaults) or parameter.annotation is None:
                    continue
                own = own if own is not None else list(self._sessions_of(function))
                if self._provider(other, parameter) not in own:
                    continue
                text = f"{parameter.arg}: {function.source.segment(parameter.annotation)}"
                text = text if default is None else f"{text} = {function.source.segment(default)}"
                return access(values, parameter.arg, function, text)
        return None

    def _sessions_of(self, function: FunctionInfo) -> Iterator[Provider]:
        """What gives the sessions of all that a route depends on and runs, each where it is known."""
        for reached in self.reach.of_route(self.routes[function]):
            for parameter in reached.parameters:
                if is_session(self.program.values(parameter)) and (given := self._provider(reached, parameter)):
                    yield given

    def _provider(self, function: FunctionInfo, parameter: ast.arg) -> Provider | None:
        """What a parameter depends on; None where that is not one thing, known by its name."""
        roots = [(node, function.path) for node in (function.default_of(parameter.arg), parameter.annotation) if node]
        for node in ast.walk(parameter.annotation) if parameter.annotation is not None else ():
            if isinstance(node, (ast.Name, ast.Attribute)):  # `SessionDep = Annotated[Session, Depends(get_db)]`
                roots += [(v.node, v.path) for v in self.program.values(node) if isinstance(v, Ann)]
        found = {
            (self.program.names.resolve_expression(path, call.args[0]), made.args[0])
            for root, path in roots
            for call in ast.walk(root)
            if isinstance(call, ast.Call) and call.args
            for made in self.program.values(call)
            if isinstance(made, Inst) and made.type == names.DEPENDS and made.args
        }
        given = next(iter(found)) if len(found) == 1 else None
        return given if given is not None and given[0] is not None and len(given[1]) == 1 else None

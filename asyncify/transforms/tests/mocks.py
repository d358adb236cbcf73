"""Mocks of objects whose methods become async: those methods must give something that can be awaited.

`MagicMock(spec=Class)` gives an `AsyncMock` for every method that is `async def`, and `autospec=True` does so for a
patched class. Where code or tests use attributes that the class itself has not, a spec would refuse them: the methods
are then named one by one. What an `AsyncMock` returns is an `AsyncMock` again, so mocks of sessions say that results
are plain. Source: `unittest.mock`, "AsyncMock", "Autospeccing".
"""

from __future__ import annotations

import ast

from asyncify.analysis.bindings import bring
from asyncify.analysis.mock_calls import is_autospec, is_mock_call
from asyncify.analysis.mock_origins import scope_of_patch
from asyncify.analysis.mock_sessions import given_sessions
from asyncify.analysis.mock_specs import Specs
from asyncify.analysis.mock_stands import Kind, Stand, TestMocks
from asyncify.analysis.names import Assigned
from asyncify.analysis.nodes import last_name
from asyncify.analysis.points import PointKind
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Mod, has
from asyncify.knowledge import names
from asyncify.knowledge.testing import SESSION_RESULTS
from asyncify.model.edit import Import
from asyncify.model.ops import EditCall, Hole, InsertStatements, RenameAttribute, Replace
from asyncify.transforms.tests.closings import plan_closings
from asyncify.transforms.tests.doubles import made_mocks, to_async_mock
from asyncify.transforms.tests.entered_mocks import TOLD_BY, Entered, gives_itself
from asyncify.transforms.tests.found import Work
from asyncify.transforms.tests.mock_results import called_for_results, given_by_methods, is_first

_WHY = "methods of what it stands for are awaited now"


def plan_mocks(work: Work) -> None:
    """Change the mocks of instances, classes and sessions."""
    if work.changing:
        mocks = _Mocks(work)
        mocks.run()
        plan_closings(work, mocks.mocks)


class _Mocks:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.program = work.program
        self.mocks: TestMocks = work.program.mock_origins.mocks
        self.specs = Specs(work.program, self.mocks)
        self.awaited = self._awaited_on_sessions()
        self.entered = Entered(work, self.mocks)

    def run(self) -> None:
        """Look at every mock, and at every assignment to one."""
        for call, (path, stand) in self.mocks.sites.items():
            self._site(path, call, stand)
        for call, (path, stand) in self.mocks.patches.items():
            self._patch(path, call, stand)
            self._also_session(path, call)
        for path in self.mocks.files:
            for node in self.work.source(path).nodes:
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                    self._assigned(path, node, node.targets[0])
                    self._told_of_results(path, node, node.targets[0])
                elif isinstance(node, ast.Attribute) and node.attr in ("__enter__", "__exit__"):
                    self._entered(path, node)
                elif isinstance(node, (ast.With, ast.AsyncWith)):
                    self._entered_as_made(path, node)
                for call in called_for_results(node):
                    self._stands_for_result(path, call)
        for path, opening, name in given_sessions(self.program):
            plain, imports = bring(self.program, path, "unittest.mock", "MagicMock")
            mock, more = bring(self.program, path, "unittest.mock", "AsyncMock")
            text = "\n".join(f"{name}.{m} = {mock}({self._result(m, plain)})" for m in self.awaited)
            where = "after" if isinstance(opening, ast.Assign) else "inside"
            self.work.edit(path, opening, InsertStatements(text, where), _WHY, (*imports, *more))

    def _awaited_on_sessions(self) -> tuple[str, ...]:
        """The methods of sessions that the program will await."""
        found = set()
        for node, point in self.program.colouring.points.items():
            if point.kind is PointKind.AWAIT and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if has(self.program.values(node.func.value), names.SESSION):
                    found.add(node.func.attr)
        return tuple(sorted(found))

    def _methods(self, stand: Stand) -> frozenset[str]:
        """The methods of a mock that must be awaitable."""
        if stand.kind is Kind.SESSION:
            return frozenset(self.awaited)
        if stand.info is None and stand.kind is not Kind.MODULE:
            return frozenset()
        methods = self.specs.methods(stand.info) if stand.info else self.specs.functions(stand.path)
        return frozenset(n for n, f in methods.items() if f in self.work.changing and not f.is_generator)

    # -- calls of MagicMock --------------------------------------------------------------------------

    def _site(self, path: str, call: ast.Call, stand: Stand) -> None:
        methods = self._methods(stand)
        if not methods or last_name(call.func) == "AsyncMock":
            return
        if stand.kind is Kind.INSTANCE and "__call__" in methods:
            to_async_mock(self.work, self.work.source(path), call.func, "what it stands for is called and awaited now")
            methods -= {"__call__"}
        given = {k.arg: k.value for k in call.keywords if k.arg}
        for name in sorted(methods & given.keys()):
            self._awaitable(path, given[name])
        specified = "spec" in given or "spec_set" in given or bool(call.args)
        if stand.kind is Kind.SESSION:
            # with a spec they are awaitable, and only what they give is not plain
            wanted = [m for m in self.awaited if m not in given and (m in SESSION_RESULTS or not specified)]
            self._methods_one_by_one(path, call, wanted, session=True)
            return
        if specified or (not methods and stand.info and not self.specs.touched(stand.info, path)):
            return
        if stand.kind is Kind.MODULE:
            wanted = sorted((methods & self._asked_of_module(path, stand.path)) - given.keys())
            self._methods_one_by_one(path, call, wanted, session=False)
            return
        assert stand.info is not None
        spec = self._spec(path, stand.info, self.work.source(path).segment(call.func))
        if spec is not None:
            values, imports = spec
            new = tuple((k, v) for k, v in values if k not in given)
            self.work.edit(path, call, EditCall(set=new), _WHY, imports)
        else:
            touched = self.specs.touched(stand.info, path)
            self._methods_one_by_one(path, call, sorted(methods & touched - given.keys()), session=False)

    def _spec(
        self, path: str, info: ClassInfo, mock: str
    ) -> tuple[tuple[tuple[str, str], ...], tuple[Import, ...]] | None:
        """The arguments that tie a mock to its class, with the attributes that the class itself has not."""
        unknown = self.specs.unknown(info, path)
        name, imports = self.specs.import_of(path, info)
        if unknown is None or not name:
            return None
        values = [("spec", name)]
        for attribute in sorted(unknown):
            text, more = self._member(path, info, attribute, mock)
            if attribute in self._methods(Stand(Kind.INSTANCE, info)):
                awaited, more = bring(self.program, path, "unittest.mock", "AsyncMock")
                text = f"{awaited}()"
            values.append((attribute, text or f"{mock}()"))
            imports = (*imports, *more)
        return tuple(values), imports

    def _member(self, path: str, info: ClassInfo, attribute: str, mock: str) -> tuple[str, tuple[Import, ...]]:
        """The mock of an attribute of an instance of whose methods some are awaited."""
        member = self.mocks.member(info, attribute)
        if member is None or member.info is None or not self._methods(member):
            return "", ()
        values, imports = self._spec(path, member.info, mock) or ((), ())
        return f"{mock}({', '.join(f'{k}={v}' for k, v in values)})" if values else "", imports

    def _methods_one_by_one(self, path: str, call: ast.Call, methods: list[str], session: bool) -> None:
        mock, imports = self._async_mock(path, call.func)
        plain, more = self._plain_mock(path, call)
        values = []
        for name in methods:
            values.append((name, f"{mock}({self._result(name, plain) if session else ''})"))
        if values:
            self.work.edit(path, call, EditCall(set=tuple(values)), _WHY, (*imports, *more))

    def _plain_mock(self, path: str, call: ast.Call) -> tuple[str, tuple[Import, ...]]:
        """The class of mocks that a test uses itself."""
        if is_autospec(call):
            return bring(self.program, path, "unittest.mock", "MagicMock")
        return self.work.source(path).segment(call.func), ()

    def _async_mock(self, path: str, beside: ast.expr) -> tuple[str, tuple[Import, ...]]:
        """`AsyncMock` as the file says `MagicMock`: `mock.AsyncMock`, or a name of its own."""
        if isinstance(beside, ast.Attribute) and last_name(beside) != "object":
            return f"{self.work.source(path).segment(beside.value)}.AsyncMock", ()
        return bring(self.program, path, "unittest.mock", "AsyncMock")

    # -- patch ---------------------------------------------------------------------------------------

    def _patch(self, path: str, call: ast.Call, stand: Stand) -> None:
        """A class that `patch` replaces, whose instance the test does not make itself."""
        if stand.kind is Kind.FACTORY:
            told = self.entered.told_by_patch(path, call)
            if not told and not self._instance_is_given(path, call):
                self._gives_a_session(path, call)
            return
        if stand.kind is Kind.MODULE:
            self._patched_module(path, call, stand)
            return
        made = stand.made if stand.kind is Kind.CLASS else stand
        if made is None or made.info is None or not self._methods(made):
            return
        given = {k.arg for k in call.keywords}
        if given & {"return_value", "autospec", "spec", "spec_set"} or self._instance_is_given(path, call):
            return
        if not self.specs.unknown(made.info, path) and self.specs.unknown(made.info, path) is not None:
            self.work.edit(path, call, EditCall(set=(("autospec", "True"),)), _WHY)
            return
        spec = self._spec(path, made.info, "MagicMock")
        if spec is None:
            mock, imports = bring(self.program, path, "unittest.mock", "AsyncMock")
            methods = sorted(self._methods(made) & self.specs.touched(made.info, path))
            self._at_the_top(path, call, [f"$.return_value.{m} = {mock}()" for m in methods], imports)
        else:
            values, imports = spec
            mock, more = bring(self.program, path, "unittest.mock", "MagicMock")
            arguments = ", ".join(f"{k}={v}" for k, v in values)
            self._at_the_top(path, call, [f"$.return_value = {mock}({arguments})"], (*imports, *more))

    def _patched_module(self, path: str, call: ast.Call, stand: Stand) -> None:
        """A module that `patch` replaces: `autospec` knows which of its functions are awaited."""
        if {k.arg for k in call.keywords} & {"return_value", "autospec", "spec", "spec_set"}:
            return
        if not self._changes(stand.path):
            return
        if not self.specs.lacks(stand.path, path, call):
            self.work.edit(path, call, EditCall(set=(("autospec", "True"),)), _WHY)
            return
        mock, imports = bring(self.program, path, "unittest.mock", "AsyncMock")
        names_ = sorted(self._methods(stand) & self._asked_of_module(path, stand.path))
        self._at_the_top(path, call, [f"$.{name} = {mock}()" for name in names_], imports)

    def _changes(self, module: str) -> bool:
        """Whether a function of a module, or a method of a class that it defines or imports, becomes async."""
        info, files = self.program.modules[module], {module}
        for name in info.bound | info.imports.keys():
            origin = self.program.names.resolve(module, name)
            if isinstance(origin, (Assigned, ClassInfo, FunctionInfo, Mod)):
                files.add(origin.path)
        return any(f.path in files for f in self.work.changing)

    def _asked_of_module(self, path: str, module: str) -> set[str]:
        """What a test file, or the program, asks mocks of a module for."""
        found = self.specs.touched_of_module(module, path)
        for other in self.program.modules.values():
            for node in other.source.nodes_of(ast.Attribute):
                if any(isinstance(v, Mod) and v.path == module for v in self.program.values(node.value)):
                    found.add(node.attr)
        return found

    def _also_session(self, path: str, call: ast.Call) -> None:
        """A mock of something else that a test gives as a session, too: `@patch` comes before fixtures of that name."""
        name = self.mocks.given.get(call, "")
        if (scope_of_patch(self.program, path, call), name) in self.mocks.sessions:
            plain, imports = bring(self.program, path, "unittest.mock", "MagicMock")
            mock, more = bring(self.program, path, "unittest.mock", "AsyncMock")
            lines = [f"$.{m} = {mock}({self._result(m, plain)})" for m in self.awaited]
            self._at_the_top(path, call, lines, (*imports, *more))

    @staticmethod
    def _result(method: str, mock: str) -> str:
        """The arguments of the mock of a method of a session: what it gives is plain."""
        return f"return_value={mock}()" if method in SESSION_RESULTS else ""

    def _gives_a_session(self, path: str, call: ast.Call) -> None:
        """A factory of sessions that `patch` replaces: its session gives itself when it is opened."""
        plain, imports = bring(self.program, path, "unittest.mock", "MagicMock")
        mock, more = bring(self.program, path, "unittest.mock", "AsyncMock")
        arguments = ", ".join(f"{name}={mock}({self._result(name, plain)})" for name in self.awaited)
        lines = [f"$.return_value = {plain}({arguments})", gives_itself("$.return_value")]
        self._at_the_top(path, call, lines, (*imports, *more))

    def _instance_is_given(self, path: str, call: ast.Call) -> bool:
        """Whether the test sets what the patched class or factory gives."""
        scope = scope_of_patch(self.program, path, call)
        tree = self.work.source(path).tree if scope is None else scope.node
        name = self.mocks.given.get(call)
        return any(
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Attribute)
            and node.targets[0].attr in TOLD_BY
            and isinstance(node.targets[0].value, ast.Name)
            and node.targets[0].value.id == name
            for node in ast.walk(tree)
        )

    def _at_the_top(self, path: str, call: ast.Call, lines: list[str], imports: tuple[Import, ...]) -> None:
        """Lines at the top of what `@patch` decorates or `with patch(...) as name` opens, or behind
        `name = mocker.patch(...)`; `$` is the name that holds the mock."""
        name = self.mocks.given.get(call)
        at = self.work.source(path).parent(call)
        if isinstance(at, ast.withitem):
            at = self.work.source(path).parent(at)
        if at is not None and not isinstance(at, ast.ClassDef) and name and lines:
            text = "\n".join(line.replace("$", name) for line in lines)
            where = "after" if isinstance(at, ast.Assign) else "inside"
            self.work.edit(path, at, InsertStatements(text, where), _WHY, imports)

    # -- assignments ---------------------------------------------------------------------------------

    def _assigned(self, path: str, node: ast.Assign, target: ast.Attribute) -> None:
        scope = self.program.scope_of(node)
        owner = self.mocks.stand(scope, target.value)
        if owner is None:
            return
        if owner.kind is Kind.FACTORY and target.attr in TOLD_BY:
            self.entered.told(path, node, target)
        elif target.attr in self._methods(owner) or target.attr in ("__enter__", "__exit__"):
            self._awaitable(path, node.value)

    def _told_of_results(self, path: str, node: ast.Assign, target: ast.Attribute) -> None:
        """`store.find.return_value.first.return_value = row`."""
        scope = self.program.scope_of(node)
        for result in given_by_methods(target):
            assert isinstance(result.value, ast.Attribute)
            owner = self.mocks.stand(scope, result.value.value)
            if owner is None or owner.kind is Kind.SESSION or result.value.attr not in self._methods(owner):
                continue
            if is_first(self.work.source(path).tree if scope is None else scope.node, node, result):
                plain, imports = bring(self.program, path, "unittest.mock", "MagicMock")
                line = f"{self.work.source(path).segment(result)} = {plain}()"
                why = "what the mock of an async method gives is plain"
                self.work.edit(path, node, InsertStatements(line, "before"), why, imports)

    def _stands_for_result(self, path: str, call: ast.Call) -> None:
        """`session.scalars().first.return_value = row`: such a call gives a coroutine now."""
        func = call.func
        stand = self.mocks.stand(self.program.scope_of(call), func.value) if isinstance(func, ast.Attribute) else None
        if stand is not None and stand.kind is Kind.SESSION and isinstance(func, ast.Attribute):
            if func.attr in self.awaited and call not in self.program.colouring.points:
                hole = Hole("method", self.work.source(path).span(func))
                why = "what the mock of an async method gives is its return value"
                self.work.edit(path, call, Replace("$method.return_value", (hole,)), why)

    def _awaitable(self, path: str, value: ast.expr) -> None:
        """A mock or lambda that is put in the place of an async method."""
        source = self.work.source(path)
        if isinstance(value, ast.Lambda):
            name, imports = bring(self.program, path, "unittest.mock", "AsyncMock")
            self.work.edit(path, value, Replace(f"{name}(side_effect=$it)"), _WHY, imports)
        for call in made_mocks(self.work, source, value):
            if is_mock_call(self.program, path, call) and not is_autospec(call):
                to_async_mock(self.work, source, call.func, _WHY)

    def _entered_as_made(self, path: str, node: ast.With | ast.AsyncWith) -> None:
        """`with MagicMock() as unit`: what entering gives is a mock that no call makes."""
        for item in node.items:
            made, name = item.context_expr, item.optional_vars
            stand = self.mocks.stand(self.program.scope_of(node), name) if isinstance(name, ast.Name) else None
            if stand is None or stand.info is None or stand.kind is not Kind.INSTANCE or made in self.mocks.sites:
                continue
            if isinstance(made, ast.Call) and is_mock_call(self.program, path, made) and not made.keywords:
                assert isinstance(name, ast.Name)
                mock, imports = self._async_mock(path, made.func)
                plain, more = self._plain_mock(path, made)
                touched = self.specs.touched(stand.info, path)
                methods = self._methods(stand) & (touched | self.specs.read(stand.info)) - {"__enter__", "__exit__"}
                lines = [f"{name.id}.{method} = {mock}()" for method in sorted(methods)]
                for attribute in sorted(touched - methods):
                    text, needed = self._member(path, stand.info, attribute, plain)
                    lines += [f"{name.id}.{attribute} = {text}"] if text else []
                    more = (*more, *needed)
                if lines:
                    self.work.edit(path, node, InsertStatements("\n".join(lines), "inside"), _WHY, (*imports, *more))

    def _is_entered(self, stand: Stand) -> bool:
        """Whether instances of a class are entered with `async with` now."""
        return stand.kind is Kind.INSTANCE and "__enter__" in self._methods(stand)

    def _entered(self, path: str, node: ast.Attribute) -> None:
        """`session.__enter__.return_value`: the session is entered with `async with`."""
        stand = self.mocks.stand(self.program.scope_of(node), node.value)
        if stand is not None and (stand.kind is Kind.SESSION or self._is_entered(stand)):
            new = {"__enter__": "__aenter__", "__exit__": "__aexit__"}[node.attr]
            what = "sessions" if stand.kind is Kind.SESSION else "it"
            verb = "are" if stand.kind is Kind.SESSION else "is"
            self.work.edit(path, node, RenameAttribute(new), f"{what} {verb} opened with `async with`")

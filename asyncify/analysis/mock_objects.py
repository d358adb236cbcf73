"""What mocks stand for: an instance of a class of the program, the class itself, a session, or what makes sessions.

A mock has no type. What it is for shows where it goes: into `patch("module.Class")`, its `return_value`, a parameter,
a dependency override. Names are followed within a test, and through fixtures that return a mock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import partial

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_calls import arguments, handed_back, is_mock_call, results, set_values, specs_of
from asyncify.analysis.mock_holders import Holders
from asyncify.analysis.mock_patches import given_by_patches, has_new, is_patch
from asyncify.analysis.mock_stands import Kind, Stand, TestMocks, owner_of, owners_of
from asyncify.analysis.names import Assigned
from asyncify.analysis.nodes import last_name
from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.test_doubles import Replacement, resolve_dotted
from asyncify.analysis.values import Cls, Ext, Fn, Mod, Obj, Value, Values, has
from asyncify.knowledge import names
from asyncify.knowledge.names import is_a


def find_mocks(program: Program) -> TestMocks:
    """The mocks of all files that use `unittest.mock` or pytest-mock."""
    mentioning = {path for path, module in program.modules.items() if mentions_mocks(module.source)}
    # mocks come through fixtures to files that do not mention them
    paths = sorted(mentioning | {p for p in program.modules if is_test(p)} if mentioning else ())
    mocks = TestMocks(tuple(paths), member=partial(_member, program), handed=Holders(program).handed)
    size = -1
    while size != len(mocks.sites) + len(mocks.names) + len(mocks.patches):
        size = len(mocks.sites) + len(mocks.names) + len(mocks.patches)
        for path in paths:
            _File(program, mocks, path).read()
    return mocks


def method_replacements(program: Program) -> Iterator[Replacement]:
    """Functions that tests put in the place of a method of a mock: `service.get = fake`."""
    mocks = program.mock_origins.mocks
    for path in mocks.files:
        for node in program.modules[path].source.nodes:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if not isinstance(target, ast.Attribute) or not isinstance(node, ast.Assign):
                continue
            stand = mocks.stand(program.scope_of(node), target.value)
            if stand is not None and stand.info is not None and stand.kind is Kind.INSTANCE:
                method = program.classes.method(stand.info, target.attr)
                if method is not None:
                    yield Replacement(path, method, node, node.value)


def mentions_mocks(source: SourceFile) -> bool:
    """Whether a file says anything of mocks."""
    return "mock" in source.text or "Mock" in source.text


class _File:
    def __init__(self, program: Program, mocks: TestMocks, path: str) -> None:
        self.program = program
        self.mocks = mocks
        self.path = path
        self.source = program.modules[path].source

    def read(self) -> None:
        """Follow everything once."""
        for key, value in override_entries(self.source):
            self._override(key, value)
        for node in self.source.nodes:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._decorated(node)
                self._fixtures(self.program.modules[self.path].functions[node])
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                for item in node.items:
                    stand = self._patched(item.context_expr)
                    if isinstance(item.optional_vars, ast.Name):
                        name = item.optional_vars.id
                        if stand:
                            self._name(item.context_expr, name, stand)
                            self._gives(item.context_expr, name)
                        else:
                            self._lent(item.context_expr, (self.program.scope_of(node), name))
                            made = self.mocks.stand(self.program.scope_of(node), item.context_expr)
                            if made is not None and made.kind is Kind.SESSION:
                                self._name(item.context_expr, name, made)
            elif isinstance(node, ast.Assign):
                self._assigned(node)
            elif isinstance(node, ast.Expr):
                self._patched(node.value)
            elif isinstance(node, ast.Call):
                self._arguments(node)
                self._set_attribute(node)

    def _set_attribute(self, node: ast.Call) -> None:
        """`monkeypatch.setattr("app.main.crud", mock)`."""
        if last_name(node.func) == "setattr" and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
            stand = self._stand_of(self._replaced(node))
            if stand is not None and stand.kind is Kind.MODULE:
                self._is(node.args[-1], stand)

    def _replaced(self, node: ast.Call) -> object:
        """What a call of `patch` or `setattr` names: by a text, or by its owner and a name."""
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return resolve_dotted(self.program, self.path, first.value)
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            owners = {v.path for v in self.program.values(first) if isinstance(v, Mod)}
            path = getattr(self.program.names.resolve_expression(self.path, first), "path", "")
            path = path or (owners.pop() if len(owners) == 1 else "")
            return self.program.names.resolve(path, str(node.args[1].value)) if path else None
        return None

    # -- where a mock goes ---------------------------------------------------------------------------

    def _name(self, node: ast.AST, name: str, stand: Stand) -> None:
        key = (self.program.scope_of(node), name)
        if self.mocks.names.setdefault(key, stand).kind is not stand.kind and stand.kind is Kind.SESSION:
            self.mocks.sessions.add(key)

    def _is(self, node: ast.expr, stand: Stand | None) -> None:
        """An expression stands for something."""
        if stand is None:
            return
        owner = owner_of(self.program.scope_of(node), node)
        if isinstance(node, ast.Name):
            self._name(node, node.id, stand)
        elif owner is not None and isinstance(node, ast.Attribute):
            self.mocks.bases.setdefault(owner, tuple(self.program.classes.ancestors(owner)))
            if self.mocks.stand(self.program.scope_of(node), node) is None:
                self.mocks.names[owner, node.attr] = stand
        elif isinstance(node, ast.Call) and is_mock_call(self.program, self.path, node):
            self.mocks.sites.setdefault(node, (self.path, stand))
        elif isinstance(node, ast.Call):
            for function in self.program.calls(node):  # of a helper that makes the mock
                if _is_test_file(self.program, function.info):
                    for given in handed_back(function.info, node):
                        self._is(given, stand)
                    for result in results(function.info.node):
                        if not isinstance(result, ast.Call):
                            _File(self.program, self.mocks, function.info.path)._is(result, stand)
                        elif is_mock_call(self.program, function.info.path, result):
                            self.mocks.sites.setdefault(result, (function.info.path, stand))

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """`@patch("module.Class")`: the last decorator gives the first argument after `self`."""
        function = self.program.modules[self.path].functions[node]
        for decorator, parameter in given_by_patches(function):
            stand = self._patched(decorator)
            if stand:
                key = (function.outermost, parameter.arg)
                known = self.mocks.names.setdefault(key, stand)
                if known.kind is Kind.SESSION and stand.kind is not Kind.SESSION:
                    # what the patch gives is a mock of its own, whatever else the test does with it
                    self.mocks.names[key] = stand
                    self.mocks.sessions.add(key)
                self._gives(decorator, parameter.arg)
            else:
                self._lent(decorator, (function.outermost, parameter.arg))

    def _lent(self, patch: ast.expr, key: tuple[object, str]) -> None:
        """The mock of something unknown that a test gives as a session: `with patch("app.get_db") as db: find(db)`."""
        known = self.mocks.names.get(key)
        if known is not None and known.kind is Kind.SESSION and isinstance(patch, ast.Call) and is_patch(patch):
            if not has_new(patch):
                self.mocks.patches.setdefault(patch, (self.path, known))
                self.mocks.sessions.add(key)
                self._gives(patch, key[1])

    def _gives(self, patch: ast.expr, name: str) -> None:
        if isinstance(patch, ast.Call):
            self.mocks.given[patch] = name

    def _patched(self, node: ast.expr) -> Stand | None:
        """What a `patch(...)` call puts a mock in the place of."""
        if not isinstance(node, ast.Call) or not is_patch(node) or has_new(node) or not node.args:
            return None
        stand = self._stand_of(self._replaced(node))
        if stand is None:
            return None
        self.mocks.patches.setdefault(node, (self.path, stand))
        for keyword in node.keywords:
            if keyword.arg == "return_value":
                self._is(keyword.value, stand.made)
            elif keyword.arg == "side_effect":
                self._one_after_another(keyword.value, stand)
        return stand

    def _stand_of(self, found: object) -> Stand | None:
        if isinstance(found, ClassInfo):
            return Stand(Kind.CLASS, found)
        if isinstance(found, Mod):
            return Stand(Kind.MODULE, path=found.path) if found.path in self.program.modules else None
        if isinstance(found, FunctionInfo) and {"contextmanager", "asynccontextmanager"} & found.decorators:
            gives = any(has(self.program.values(e), names.SESSION) for e in results(found.node))
            return Stand(Kind.FACTORY) if gives else None
        if isinstance(found, Ext) and is_a(found.name, names.SESSION):
            return Stand(Kind.FACTORY)
        if isinstance(found, Assigned):
            values = self.program.values(found.value)
            if has(values, names.SESSIONMAKER, names.SCOPED_SESSION, names.ASYNC_SESSIONMAKER):
                return Stand(Kind.FACTORY)
            return _of_values(values)
        return None

    def _assigned(self, node: ast.Assign) -> None:
        for target, value in set_values(node):
            if isinstance(target, ast.Name):
                patched = self._patched(value)
                stand = patched or self.mocks.stand(self.program.scope_of(node), value)
                if patched:
                    self._gives(value, target.id)
                known = self.mocks.names.get((self.program.scope_of(node), target.id))
                self._is(target, stand)
                self._is(value, known)
                spec = self._spec(value)
                if spec == Stand(Kind.SESSION) and self._is_called(target):
                    spec = Stand(Kind.FACTORY)
                self._is(value, spec)
                self._is(target, spec)
            elif isinstance(target, ast.Attribute):
                self._set_on_class(target, value)
                if target.attr == "side_effect":
                    self._one_after_another(value, self.mocks.stand(self.program.scope_of(node), target.value))
                self._is(value, self.mocks.stand(self.program.scope_of(node), target) or self._held(target))
                if is_mock_call(self.program, self.path, value):
                    self._is(value, self._spec(value))
                    self._is(target, self._spec(value))

    def _set_on_class(self, target: ast.Attribute, value: ast.expr) -> None:
        """An attribute of a class of tests and the mock that it is set to stand for the same."""
        stand = self.mocks.stand(self.program.scope_of(value), value)
        for owner in owners_of(self.program, target):
            self.mocks.bases.setdefault(owner, tuple(self.program.classes.ancestors(owner)))
            self._is(value, self.mocks.names.get((owner, target.attr)))
            if stand is not None:
                self.mocks.names.setdefault((owner, target.attr), stand)

    def _one_after_another(self, values: ast.expr, made_by: Stand | None) -> None:
        """`factory.side_effect = [first, second]`: what calls give, one after the other."""
        if made_by is not None and isinstance(values, (ast.List, ast.Tuple)):
            for given in values.elts:
                self._is(given, made_by.made)

    def _held(self, target: ast.Attribute) -> Stand | None:
        """What an instance of the program has in an attribute that a test sets: `service.repository = mock`."""
        owners = [v.info for v in self.program.values(target.value) if isinstance(v, Obj) and not is_test(v.info.path)]
        return _of_values(_promised(self.program, (v for info in owners for v in self.program.held(info, target.attr))))

    def _is_called(self, name: ast.Name) -> bool:
        """Whether what a test gives a name is called there: the mock of a class, and no instance."""
        scope = self.program.scope_of(name)
        calls = self.source.nodes_of(ast.Call) if scope is None else ast.walk(scope.node)
        called = (c.func for c in calls if isinstance(c, ast.Call))
        return any(isinstance(f, ast.Name) and f.id == name.id for f in called)

    def _spec(self, node: ast.expr) -> Stand | None:
        """`Mock(spec=Class)`."""
        if isinstance(node, ast.Call):
            for function in self.program.calls(node) if not is_mock_call(self.program, self.path, node) else ():
                if _is_test_file(self.program, function.info):
                    return next((s for g in handed_back(function.info, node) if (s := self._spec(g))), None)
            for spec in specs_of(node):
                found = self.program.names.resolve_expression(self.path, spec)
                if isinstance(found, Ext) and is_a(found.name, names.SESSION):
                    return Stand(Kind.SESSION)
                return Stand(Kind.INSTANCE, found) if isinstance(found, ClassInfo) else None
        return None

    def _override(self, key: ast.expr, value: ast.expr) -> None:
        """`app.dependency_overrides[get_db] = lambda: mock`."""
        found = [v.info for v in self.program.values(key) if isinstance(v, Fn)]
        given = (e for info in found for e in results(info.node))
        stand = next((s for e in given if (s := _of_values(self.program.values(e)))), None)
        if isinstance(value, ast.Lambda):
            self._is(value.body, stand)
        elif isinstance(value, ast.Name):
            scope = self.program.scope_of(value)
            for function in self.program.modules[self.path].functions.values():
                if function.name == value.id and (function.parent is scope or function.parent is None):
                    for result in results(function.node):
                        self._is(result, stand)

    def _arguments(self, node: ast.Call) -> None:
        """`crud.add(mock)`, `Service(repository=mock)`: the parameter says what it is."""
        for function, parameter, value in arguments(self.program, node):
            scope = self.program.scope_of(value)
            if isinstance(value, (ast.Name, ast.Call)) or owner_of(scope, value):
                taken = self._taken(function, parameter)
                if taken is None and _is_test_file(self.program, function):  # a helper puts it somewhere
                    taken = self.mocks.names.get((function.outermost, parameter.arg))
                self._is(value, taken)
                stand = self.mocks.stand(scope, value)
                if stand is not None and _is_test_file(self.program, function):
                    self.mocks.names.setdefault((function.outermost, parameter.arg), stand)

    def _taken(self, function: FunctionInfo, parameter: ast.arg) -> Stand | None:
        """What a parameter takes: what it promises, where tests hand it classes of their own as well."""
        values = self.program.values(parameter)
        written = parameter.annotation
        generic = written.value if isinstance(written, ast.Subscript) else None  # `Handler[Made]`
        for node in filter(None, (written, generic)):
            promised = self.program.names.resolve_expression(function.path, node)
            if isinstance(promised, ClassInfo):
                return Stand(Kind.INSTANCE, promised)
        own = frozenset(v for v in values if not (isinstance(v, Obj) and is_test(v.info.path)))
        return _of_values(values) or _of_values(own)

    def _fixtures(self, function: FunctionInfo) -> None:
        """A fixture that returns a mock, and the tests that take it, mean the same; so does a default."""
        for parameter in function.parameters:
            default = function.default_of(parameter.arg)
            if isinstance(default, ast.Call):
                self._is(default, self.mocks.names.get((function.outermost, parameter.arg)))
            fixture = self.program.fixtures.find(function, parameter.arg)
            if fixture is None:
                continue
            for result in results(fixture.node):
                there = self.mocks.stand(fixture, result)
                here = self.mocks.names.get((function, parameter.arg))
                if there:
                    self.mocks.names.setdefault((function, parameter.arg), there)
                elif here:
                    _File(self.program, self.mocks, fixture.path)._is(result, here)


def _member(program: Program, info: ClassInfo, name: str) -> Stand | None:
    """What an attribute of an instance is, by what the class sets or a property promises."""
    method = program.classes.method(info, name)
    if method is not None:
        written = method.node.returns if "property" in method.decorators else None
        promised = program.names.resolve_expression(method.path, written) if written is not None else None
        return Stand(Kind.INSTANCE, promised) if isinstance(promised, ClassInfo) else None
    stand = _of_values(_promised(program, program.held(info, name)))
    return stand if stand is not None and stand.kind is Kind.INSTANCE else None


def _promised(program: Program, values: Iterable[Value]) -> Values:
    """Values without instances of the tests, and of classes below another one that is there as well."""
    own = [v for v in values if not (isinstance(v, Obj) and is_test(v.info.path))]
    above = {v.info for v in own if isinstance(v, Obj)}
    return frozenset(
        v for v in own if not (isinstance(v, Obj) and above & {*program.classes.ancestors(v.info)} - {v.info})
    )


def _is_test_file(program: Program, function: FunctionInfo) -> bool:
    return is_test(function.path) or mentions_mocks(program.modules[function.path].source)


def _of_values(values: Values) -> Stand | None:
    """A session, or an instance of the one class that the values allow."""
    if has(values, names.SESSION, names.ASYNC_SESSION):
        return Stand(Kind.SESSION)
    classes = {v.info for v in values if isinstance(v, Obj)}
    made = {v.info for v in values if isinstance(v, Cls)}
    if len(classes) == 1 and not made:
        return Stand(Kind.INSTANCE, classes.pop())
    return Stand(Kind.CLASS, made.pop()) if len(made) == 1 and not classes else None

"""pytest fixtures: which function a parameter of a test gets its value from.

Source: pytest "How to use fixtures": a fixture is looked up in the class, the module, then each `conftest.py` from
the test's folder upwards; pytest-factoryboy, "Factory fixture".
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePosixPath

from asyncify.analysis.mock_patches import given_by_patches
from asyncify.analysis.names import Names
from asyncify.analysis.nodes import last_name
from asyncify.analysis.pytest_plugins import plugin_modules
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import FIXTURE

#: what makes the fixture `user_factory` of a class `UserFactory`
REGISTER = "pytest_factoryboy.register"
_WORD = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def is_test_path(path: str) -> bool:
    """Whether pytest would look into a file by its name."""
    name = PurePosixPath(path).name
    return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")


def is_test(path: str) -> bool:
    """Whether a file is a test or stands in a folder of tests."""
    return is_test_path(path) or any(part in ("tests", "test") for part in path.split("/")[:-1])


class Fixtures:
    """All fixtures of a program by place."""

    def __init__(self, names: Names, files: Mapping[str, bytes]) -> None:
        """files: of the whole repository, with the manifests that name plugins."""
        self._names = names
        self._files = files
        self._by_path: dict[str, dict[str, FunctionInfo]] = defaultdict(dict)
        self.decorators: dict[FunctionInfo, ast.expr] = {}
        self._found: dict[tuple[FunctionInfo, str], FunctionInfo | None] = {}
        for module in names.modules.values():
            for info in module.functions.values():
                decorator = self._fixture_decorator(info)
                if decorator is not None:
                    self.decorators[info] = decorator
                    self._by_path[module.path][self._fixture_name(info, decorator)] = info
        for path in sorted(names.modules):
            self._called(path)

    def _called(self, path: str) -> None:
        """`db = pytest.fixture(override_get_db, scope="module")`, and `pytest.fixture(scope="module")(...)`."""
        source = self._names.modules[path].source
        for node in source.tree.body if FIXTURE.rpartition(".")[2] in source.text else ():
            call = node.value if isinstance(node, ast.Assign) else None
            if not isinstance(node, ast.Assign) or not isinstance(call, ast.Call) or len(call.args) != 1:
                continue
            made = call.func if isinstance(call.func, ast.Call) else call
            found = self._names.resolve_expression(path, made.func)
            info = self._names.resolve_expression(path, call.args[0])
            if isinstance(found, Ext) and found.name == FIXTURE and isinstance(info, FunctionInfo):
                self.decorators.setdefault(info, made)
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._by_path[path][target.id] = info

    def _fixture_decorator(self, info: FunctionInfo) -> ast.expr | None:
        for node in info.node.decorator_list:
            callee = node.func if isinstance(node, ast.Call) else node
            found = self._names.resolve_expression(info.path, callee)
            if isinstance(found, Ext) and (found.name == FIXTURE or found.name == "pytest.yield_fixture"):
                return node
        return None

    @staticmethod
    def _fixture_name(info: FunctionInfo, decorator: ast.expr) -> str:
        if isinstance(decorator, ast.Call):
            for keyword in decorator.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
        return info.name

    def is_fixture(self, info: FunctionInfo) -> bool:
        """Whether a function is a pytest fixture."""
        return info in self.decorators

    def scope(self, info: FunctionInfo) -> str:
        """The scope that a fixture says."""
        decorator = self.decorators[info]
        given = decorator.keywords if isinstance(decorator, ast.Call) else []
        scope = next((k.value for k in given if k.arg == "scope"), None)
        return str(scope.value) if isinstance(scope, ast.Constant) else "function"

    def is_test(self, info: FunctionInfo) -> bool:
        """Whether pytest would collect a function as a test; a fixture is none, whatever its name."""
        if info in self.decorators or info.parent is not None:
            return False
        if not info.name.startswith("test") or not self._holds_tests(info.path):
            return False
        return info.cls is None or info.cls.name.startswith("Test") or bool(info.cls.node.bases)

    def _holds_tests(self, path: str) -> bool:
        """Whether pytest looks into a file: by its name, or because who runs it names it (`pytest app/tests.py`);
        such a file imports pytest or has fixtures."""
        if is_test_path(path) or path in self._by_path:
            return True
        return any(
            isinstance(node, ast.Import) and any(alias.name == "pytest" for alias in node.names)
            for node in self._names.modules[path].imports.get("pytest", ())
        )

    def find(self, user: FunctionInfo, name: str) -> FunctionInfo | None:
        """The fixture that a parameter of a test or of another fixture names."""
        key = (user, name)
        if key not in self._found:
            asks = self.is_fixture(user) or self.is_test(user) or user.name.startswith(("setup", "teardown"))
            given = any(parameter.arg == name for _, parameter in given_by_patches(user))  # pytest leaves these out
            self._found[key] = self._find(user, name) if asks and not given else None
        return self._found[key]

    def factory(self, user: FunctionInfo, name: str) -> ClassInfo | None:
        """The factory that a parameter of a test or of a fixture gets from pytest-factoryboy."""
        asks = name in self._registered and (self.is_fixture(user) or self.is_test(user))
        given = asks and any(parameter.arg == name for _, parameter in given_by_patches(user))
        return self._registered[name] if asks and not given else None

    @cached_property
    def _registered(self) -> dict[str, ClassInfo]:
        """The factories that `register(UserFactory)` or `@register` makes fixtures of, by the names of these."""
        found: dict[str, ClassInfo] = {}
        for path, module in self._names.modules.items():
            if "pytest_factoryboy" not in module.source.text:
                continue
            named = [(c.func, a) for c in module.source.nodes_of(ast.Call) for a in c.args[:1]]
            given = [(func, self._names.resolve_expression(path, node)) for func, node in named]
            for info in module.classes.values():
                given += [(d.func if isinstance(d, ast.Call) else d, info) for d in info.node.decorator_list]
            for func, cls in given:
                if isinstance(cls, ClassInfo) and self._names.resolve_expression(path, func) == Ext(REGISTER):
                    found[_WORD.sub("_", cls.name).lower()] = cls
        return found

    def taken(self, user: FunctionInfo) -> set[FunctionInfo]:
        """The fixtures of a test: those that it or a mark names, the automatic ones around it, and what these take."""
        todo = [f for f in self.decorators if self._is_automatic(f) and self._reaches(f, user)]
        todo += self._marked(user)
        found: set[FunctionInfo] = set()
        users = [user]
        while users:
            for parameter in users.pop().parameters:
                todo += [f for f in [self.find(user, parameter.arg)] if f is not None]
            users += [f for f in todo if f not in found]
            found.update(todo)
            todo = []
        return found

    def _marked(self, user: FunctionInfo) -> list[FunctionInfo]:
        """What `@pytest.mark.usefixtures("db")` on a test, on its class or for its file names."""
        marks = [*user.node.decorator_list, *(user.cls.node.decorator_list if user.cls else ())]
        written = [*marks, *self._names.modules[user.path].top.get("pytestmark", ())]
        calls = [n for mark in written for n in ast.walk(mark) if isinstance(n, ast.Call)]
        named = [
            a.value for c in calls if last_name(c.func) == "usefixtures" for a in c.args if isinstance(a, ast.Constant)
        ]
        return [f for name in named if (f := self.find(user, str(name))) is not None]

    def classes(self, fixture: FunctionInfo) -> frozenset[ClassInfo]:
        """The classes of tests that a fixture runs for: each is its `request.cls`."""
        return self._classes.get(fixture, frozenset())

    @cached_property
    def _classes(self) -> dict[FunctionInfo, frozenset[ClassInfo]]:
        found: dict[FunctionInfo, set[ClassInfo]] = defaultdict(set)
        for module in self._names.modules.values():
            for info in module.functions.values():
                if info.cls is not None and self.is_test(info):
                    for fixture in self.taken(info):
                        found[fixture].add(info.cls)
        return {fixture: frozenset(classes) for fixture, classes in found.items()}

    def _is_automatic(self, info: FunctionInfo) -> bool:
        decorator = self.decorators[info]
        given = decorator.keywords if isinstance(decorator, ast.Call) else []
        return any(k.arg == "autouse" and getattr(k.value, "value", False) is True for k in given)

    def _reaches(self, info: FunctionInfo, user: FunctionInfo) -> bool:
        """Whether an automatic fixture runs for a test."""
        if info.path == user.path:
            return info.cls is None or info.cls is user.cls
        folder = PurePosixPath(info.path).parent
        above = info.path.endswith("conftest.py") and folder in PurePosixPath(user.path).parents
        return above or info.path in self._plugins

    def _find(self, user: FunctionInfo, name: str) -> FunctionInfo | None:
        found = self._in_module(user.path, name)
        if found is not None and found is not user:
            return found
        folder = PurePosixPath(user.path).parent
        for parent in (folder, *folder.parents):
            conftest = (parent / "conftest.py").as_posix()
            if conftest == user.path and found is user:
                continue
            above = self._in_module(conftest, name)
            if above is not None and above is not user:
                return above
        return self._from_plugins(name)

    def _in_module(self, path: str, name: str) -> FunctionInfo | None:
        own = self._by_path.get(path, {}).get(name)
        if own is not None:
            return own
        module = self._names.modules.get(path)
        if module is None:
            return None
        if name in module.bound or module.stars:
            found = self._names.resolve(path, name)
            if isinstance(found, FunctionInfo) and self.is_fixture(found):
                return found
        return None

    def _from_plugins(self, name: str) -> FunctionInfo | None:
        """Fixtures of modules that are plugins."""
        for path in self._plugins:
            found = self._by_path.get(path, {}).get(name)
            if found is not None:
                return found
        return None

    @cached_property
    def _plugins(self) -> tuple[str, ...]:
        """The modules of the program that are named in `pytest_plugins`, or in a manifest."""
        found = [
            self._names.index.find(node.value, path)
            for path, module in self._names.modules.items()
            for stmt in module.top.get("pytest_plugins", ())
            for node in ast.walk(stmt)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        found += [self._names.index.find(module, path) for path, module in plugin_modules(self._files)]
        return tuple(dict.fromkeys(path for path in found if path is not None))

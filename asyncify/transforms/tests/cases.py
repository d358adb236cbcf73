"""Set-up that a test framework calls by name: unittest classes, and pytest's xunit functions.

`unittest.TestCase` never awaits a coroutine: an `async def` test in it passes without having run.
`IsolatedAsyncioTestCase` awaits tests, `asyncSetUp` and `asyncTearDown`. pytest never awaits `setup_method` and its
like; a fixture with `autouse` of the same scope does the same, and may be async. pytest leaves fixtures with such a
name alone (`_get_first_non_fixture_func`), so the name can stay.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.dotted import root_of
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.unawaited import keeps_function
from asyncify.analysis.values import Ext
from asyncify.knowledge.barriers import ASYNC_METHODS
from asyncify.knowledge.testing import ASYNC_CLEANUP, CLEANUP, SETUP_BY_NAME, TEST_CASE, UNITTEST_METHODS, Setup
from asyncify.model.edit import Import
from asyncify.model.ops import (
    EditDecorators,
    EditParameters,
    Hole,
    InsertStatements,
    RenameAttribute,
    Replace,
    ReplaceStatement,
)
from asyncify.model.span import Place
from asyncify.transforms.awaiting.exit_stacks import left_by
from asyncify.transforms.callbacks.waiting import must_wait
from asyncify.transforms.tests.found import Work


def is_test_case(program: Program, function: FunctionInfo) -> bool:
    """Whether a function is a method of a `unittest` class."""
    if function.cls is None:
        return False
    bases = program.classes.ancestors(function.cls)
    return any(isinstance(b, Ext) and b.name.rpartition(".")[2].endswith("TestCase") for b in bases)


def plan_cases(work: Work) -> None:
    """Change the classes and functions whose set-up or tests become async."""
    classes: dict[ClassInfo, list[FunctionInfo]] = {}
    for function in sorted(work.changing, key=lambda f: (f.path, f.node.lineno)):
        if is_test_case(work.program, function) and function.cls is not None:
            classes.setdefault(function.cls, []).append(function)
        elif function.name in SETUP_BY_NAME and _is_setup(work, function):
            _as_fixture(work, function, SETUP_BY_NAME[function.name])
    for call, info in _cleanups(work):
        why = "unittest awaits a cleanup only if it is said to be async"
        work.edit(info.path, call.func, RenameAttribute(ASYNC_CLEANUP), why)
        if left_by(work.program, call.args[0]) is not None:
            work.edit(info.path, call.args[0], RenameAttribute(ASYNC_METHODS["__exit__"]), why)
        classes.setdefault(info, [])
    for info, methods in classes.items():
        _test_case(work, info, methods)
    told = [f for f in never_run(work) if all(keeps_function(work.program, d) for d in f.node.decorator_list)]
    for cls, first in {f.cls: f for f in reversed(told)}.items():
        message = "unittest.TestCase never awaits an async test: those of this class pass without having run"
        advice = f"derive {cls.name if cls else ''} from unittest.IsolatedAsyncioTestCase"
        work.report(first.path, first.node, "test-never-run", message, advice)


def _cleanups(work: Work) -> Iterator[tuple[ast.Call, ClassInfo]]:
    """`self.addCleanup(function)` for what must be awaited, and the class of tests that it stands in."""
    for function in work.program.functions:
        if not is_test_case(work.program, function) or function.cls is None:
            continue
        for call in function.nodes:
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == CLEANUP and call.args:
                given = call.args[0]
                waits = must_wait(work.program, given, work.clients.kept) or left_by(work.program, given) is not None
                if not isinstance(given, ast.Lambda) and waits:
                    yield call, function.cls


# unittest -------------------------------------------------------------------------------------------


def never_run(work: Work) -> Iterator[FunctionInfo]:
    """Async tests that unittest has never awaited, and does not await now: of classes that stay as they are.

    A decorator may make a plain function of one, which runs.
    """
    edited = {(e.path, e.target) for e in work.edits}
    for function in sorted(work.program.functions, key=lambda f: (f.path, f.node.lineno)):
        if not function.is_async or not function.name.startswith("test") or function.cls is None:
            continue
        bases = list(work.program.classes.ancestors(function.cls))
        own = [b for b in bases if isinstance(b, ClassInfo)]
        turned = any((b.path, work.source(b.path).target(n)) in edited for b in own for n in b.node.bases)
        if Ext(TEST_CASE) in bases and not turned:
            yield function


def _test_case(work: Work, info: ClassInfo, methods: list[FunctionInfo]) -> None:
    for cls in (c for c in work.program.classes.ancestors(info) if isinstance(c, ClassInfo)):
        source = work.source(cls.path)
        for base in cls.node.bases:
            if work.program.names.resolve_expression(cls.path, base) == Ext(TEST_CASE):
                name, imports = bring(work.program, cls.path, "unittest", "IsolatedAsyncioTestCase")
                if isinstance(base, ast.Attribute):
                    name, imports = f"{source.segment(base.value)}.IsolatedAsyncioTestCase", ()
                edit_once(work, cls.path, base, Replace(name), imports, (root_of(base),))
    for method in methods:
        new = UNITTEST_METHODS.get(method.name)
        if new:
            _rename_setup(work, method, new)
    # set-up that stays plain goes on before the async one, as unittest runs `setUp` before `asyncSetUp`


def edit_once(
    work: Work, path: str, node: ast.AST, op: Replace, imports: tuple[Import, ...], drops: tuple[str, ...]
) -> None:
    """A base class that several test classes share is changed once."""
    target = work.source(path).target(node)
    if not any(e.path == path and e.target == target for e in work.edits):
        why = "unittest.TestCase never awaits an async test: it would pass without having run"
        work.edit(path, node, op, why, imports, drops)


def _rename_setup(work: Work, method: FunctionInfo, new: str) -> None:
    source = work.source(method.path)
    why = f"unittest awaits {new}, never {method.name}"
    body = method.node.body
    hole = Hole("body", source.span(body[0]), Place.STATEMENT, source.span(body[-1]))
    arguments = ast.unparse(method.node.args)
    template = f"async def {new}({arguments}):\n    $body\n"
    work.edit(method.path, method.node, ReplaceStatement(template, (hole,)), why)
    for node in ast.walk(method.node):
        if isinstance(node, ast.Call) and _is_inherited(node.func, method.name):
            work.edit(method.path, node.func, RenameAttribute(new), why)
            if not any(work.waits(t.info) for t in work.program.calls(node)):  # else it is awaited as any other call
                work.edit(method.path, node, Replace("await $it"), why)


def _is_inherited(node: ast.expr, name: str) -> bool:
    """`super().name` or `super(Class, self).name`."""
    called = node.value if isinstance(node, ast.Attribute) and node.attr == name else None
    return isinstance(called, ast.Call) and isinstance(called.func, ast.Name) and called.func.id == "super"


# pytest ---------------------------------------------------------------------------------------------


def _is_setup(work: Work, function: FunctionInfo) -> bool:
    """Whether pytest calls a function by its name: in a module, or in a class that it collects."""
    if function.parent is not None or work.program.fixtures.is_fixture(function):
        return False
    if function.name.endswith(("_class", "_method")):
        return function.cls is not None and function.cls.name.startswith("Test")
    return function.cls is None


def _as_fixture(work: Work, function: FunctionInfo, setup: Setup) -> None:
    """`def setup_method(self, method)` to an automatic fixture of the same scope; tear-down goes behind a `yield`."""
    why = f"pytest never awaits {function.name}; a fixture does the same and may be async"
    scope = "" if setup.scope == "function" else f'scope="{setup.scope}", '
    decorator = EditDecorators(add=(f"pytest.fixture({scope}autouse=True)",), first=True)
    work.edit(function.path, function.node, decorator, why, (Import("pytest"),))
    lines = ["yield"] if setup.after else []
    given = function.parameters[1:] if function.cls is not None else function.parameters
    for parameter in given:
        work.edit(function.path, function.node, EditParameters(("request",), (parameter.arg,)), why)
        if any(isinstance(n, ast.Name) and n.id == parameter.arg for n in ast.walk(function.node)):
            lines.insert(0, f"{parameter.arg} = request.{setup.argument}")
    if lines:
        work.edit(function.path, function.node, InsertStatements("\n".join(lines), "inside"), why)

"""Mocks that go on answering legacy queries: the tests stay as they are, and a file beside them answers selects.

Where a test tells several chains of `session.query` apart, no single value of `session.scalar` says the same. The call
that makes the mock is wrapped then: `answer_queries(MagicMock(spec=Session))`.
"""

from __future__ import annotations

import ast
import itertools
import posixpath
from collections.abc import Collection, Iterator, Mapping
from importlib import resources

from asyncify.analysis.bindings import free_name, names_used
from asyncify.analysis.mock_origins import Origin, scope_of_patch
from asyncify.analysis.mock_stands import TestMocks
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Import, TextEdit
from asyncify.model.ops import InsertStatements, Op, Replace
from asyncify.model.span import Place as Position
from asyncify.model.span import Target
from asyncify.transforms.query.decisions import NAME

ANSWER = "answer_queries"
FILE = "query_mocks.py"
WHY = "the code runs selects, and the test goes on to say what queries give"


def text_of_file() -> str:
    """The file with `answer_queries`: a module of this package, which tests of a migrated repository import."""
    return resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")


class Helpers:
    """The files with the functions that tests need. new: those that are not there yet."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.new: dict[str, TextEdit] = {}

    def use(self, path: str, function: str) -> tuple[str, tuple[Import, ...]]:
        """How a file of tests calls one of the functions, and the import that it needs."""
        files = self._program.workspace.files
        helper, module = _helper(files, path)
        if helper not in files:
            self.new[helper] = TextEdit(NAME, helper, None, text_of_file(), WHY)
        used = names_used(self._program, path)
        alias = function if function not in used else free_name(self._program, path, f"{function}_of_session")
        return alias, (Import(module, function, alias if alias != function else ""),)


def replayed(program: Program, mocks: TestMocks, origins: Collection[Origin], helpers: Helpers) -> Iterator[Edit]:
    """The edits that let the mocks made at these calls answer selects as queries."""
    for origin in sorted(origins, key=lambda o: (_path(mocks, o.call), o.call.lineno, o.call.col_offset, o.text)):
        call, path = origin.call, _path(mocks, origin.call)
        alias, imports = helpers.use(path, ANSWER)
        source = program.modules[path].source
        op: Op = Replace(f"{alias}($it)")
        target = source.target(call)
        if origin.text:
            opened: ast.AST | None = source.parent(call)
            if isinstance(opened, ast.withitem):
                opened = source.parent(opened)
            assert opened is not None
            where = "after" if isinstance(opened, ast.Assign) else "inside"
            op = InsertStatements(f"{alias}({origin.text})", where)
            target = Target(source.span(opened), Position.STATEMENT)
        yield Edit(NAME, path, target, op, imports, because=WHY)


def answers(program: Program, mocks: TestMocks, origin: Origin) -> bool:
    """Whether an earlier run has let a mock answer already."""
    source = program.modules[_path(mocks, origin.call)].source
    if not origin.text:
        around = source.parent(origin.call)
        return isinstance(around, ast.Call) and last_name(around.func).startswith(ANSWER)
    scope = scope_of_patch(program, source.path, origin.call)
    return any(
        last_name(call.func).startswith(ANSWER) and [ast.unparse(a) for a in call.args] == [origin.text]
        for call in source.nodes_of(ast.Call)
        if program.scope_of(call) is scope
    )


def _path(mocks: TestMocks, call: ast.Call) -> str:
    return (mocks.sites.get(call) or mocks.patches[call])[0]


def _helper(files: Mapping[str, bytes], path: str) -> tuple[str, str]:
    """The file with the function for the tests of a file, and how they import it.

    A package is imported from within. Anything else is on the path that pytest makes, which has the folders of tests
    and of `conftest.py` files. Source: pytest, "Import modes", `prepend`.
    """
    own = posixpath.dirname(path)
    packaged = posixpath.join(own, "__init__.py") in files
    best, level, depth, folder = own, 1, 1, own
    while folder and (posixpath.join(folder, "__init__.py") in files) == packaged:
        if posixpath.join(folder, "conftest.py") in files:
            best, level = folder, depth
        folder, depth = posixpath.dirname(folder), depth + 1
    if not folder and not packaged and "conftest.py" in files and "__init__.py" not in files and own:
        best = ""
    above = _package_above(files, folder) if best == own and not packaged else ""
    if above:
        best = above
    name = next(n for n in _names() if _is_free(files.get(posixpath.join(best, n))))
    module = name.removesuffix(".py")
    if above:
        return posixpath.join(best, name), f"{_dotted(files, above)}.{module}"
    return posixpath.join(best, name), f"{'.' * level}{module}" if packaged else module


def _package_above(files: Mapping[str, bytes], folder: str) -> str:
    """The package with a `conftest.py` at or above a folder, which pytest imports by its whole name."""
    while folder:
        if {posixpath.join(folder, n) for n in ("__init__.py", "conftest.py")} <= files.keys():
            return folder
        folder = posixpath.dirname(folder)
    return ""


def _dotted(files: Mapping[str, bytes], package: str) -> str:
    """How a package is called from the folder above the outermost one around it."""
    found = [posixpath.basename(package)]
    folder = posixpath.dirname(package)
    while folder and posixpath.join(folder, "__init__.py") in files:
        found.insert(0, posixpath.basename(folder))
        folder = posixpath.dirname(folder)
    return ".".join(found)


def _names() -> Iterator[str]:
    """The names that the file may have."""
    yield FILE
    yield from (f"{'_' * count}{FILE}" for count in itertools.count(1))


def _is_free(content: bytes | None) -> bool:
    """Whether a file is not there, or the one that an earlier run has written."""
    return content is None or f"def {ANSWER}".encode() in content

"""A program: every Python file of a workspace, and what was understood of it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from asyncify.analysis.classes import Classes
from asyncify.analysis.config import Config
from asyncify.analysis.fixtures import Fixtures
from asyncify.analysis.infer.engine import Facts, Read
from asyncify.analysis.infer.inference import infer
from asyncify.analysis.memory import is_too_deep
from asyncify.analysis.names import Names
from asyncify.analysis.nodes import below
from asyncify.analysis.object_factories import ObjectFactories
from asyncify.analysis.orm import Orm
from asyncify.analysis.overrides import Overrides, find_overrides
from asyncify.analysis.query_properties import QueryProperties
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo, collect
from asyncify.analysis.unloaded import Unloaded
from asyncify.analysis.values import NOTHING, Fn, Values, union
from asyncify.model.evidence import NO_EVIDENCE, Evidence
from asyncify.model.plan import Workspace

if TYPE_CHECKING:
    from asyncify.analysis.async_attrs import AsyncAttributes
    from asyncify.analysis.colouring import Colouring
    from asyncify.analysis.mock_origins import Origins
    from asyncify.analysis.returned_sessions import Returned


def in_order(functions: Iterable[Fn]) -> tuple[Fn, ...]:
    """Functions by place, for a fixed order: a set has none."""
    return tuple(
        sorted(
            functions,
            key=lambda f: (
                f.info.path,
                f.info.node.lineno,
                f.receiver.qualname if f.receiver else "",
                [(w.path, w.node.lineno) for w in f.wraps],
            ),
        )
    )


FindUnloaded = Callable[["Program"], tuple[Unloaded, ...]]


def _nothing_unloaded(program: Program) -> tuple[Unloaded, ...]:
    return ()


@dataclass(eq=False)
class Program:
    """The parsed files, and lazily the names, classes, models and kinds over all of them.

    broken: files that could not be parsed, with one sentence each. memo: what was computed once for a file.
    find_unloaded: decides what nothing loads before it is read; that takes a plan of all loads, made further up.
    evidence: what a recorded run of the tests has shown, at the lines that the files have now.
    """

    workspace: Workspace
    config: Config
    modules: Mapping[str, ModuleInfo]
    broken: Mapping[str, str]
    memo: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict, repr=False)
    find_unloaded: FindUnloaded = field(default=_nothing_unloaded, repr=False)
    evidence: Evidence = field(default=NO_EVIDENCE, repr=False)

    @cached_property
    def mock_origins(self) -> Origins:
        """Where the mocks of tests are made."""
        from asyncify.analysis.mock_objects import find_mocks
        from asyncify.analysis.mock_origins import Origins

        return Origins(self, find_mocks(self))

    @cached_property
    def names(self) -> Names:
        """Names across modules."""
        return Names(self.modules)

    @cached_property
    def overrides(self) -> Overrides:
        """What a person has decided about single files and functions."""
        return find_overrides(self.names, self.config)

    @cached_property
    def classes(self) -> Classes:
        """Class hierarchies."""
        return Classes(self.names)

    @cached_property
    def orm(self) -> Orm:
        """Mapped classes."""
        return Orm(self.names, self.classes)

    @cached_property
    def fixtures(self) -> Fixtures:
        """pytest fixtures."""
        return Fixtures(self.names, self.workspace.files)

    @cached_property
    def object_factories(self) -> ObjectFactories:
        """factory_boy factories."""
        return ObjectFactories(self.names, self.classes)

    @cached_property
    def query_properties(self) -> QueryProperties:
        """What makes `Model.query`."""
        return QueryProperties(self.names, self.classes)

    @cached_property
    def facts(self) -> Facts:
        """Kinds and calls, inferred over everything."""
        return infer(self.names, self.classes, self.orm, self.fixtures, self.overrides.sessions)

    def values(self, node: ast.AST) -> Values:
        """The kinds of an expression (or of an `ast.arg`)."""
        return self.facts.values.get(node, NOTHING)

    def held(self, info: ClassInfo, name: str) -> Values:
        """What an attribute of the instances of a class holds."""
        known = self.facts.held
        return union(known.get((base, name), NOTHING) for base in self.classes.program_ancestors(info))

    def calls(self, node: ast.AST) -> tuple[Fn, ...]:
        """The functions of the program that a call, a property read or a with item runs."""
        found = self.facts.calls.get(node)
        return in_order(found) if found else ()

    @cached_property
    def only_foreign_engines(self) -> tuple[tuple[str, ast.Call], ...]:
        """The engines of the app, where all of them are on databases that have no async driver."""
        from asyncify.analysis.app_engines import only_foreign

        return only_foreign(self)

    @cached_property
    def named_backends(self) -> tuple[str, ...]:
        """The databases that the repository names."""
        from asyncify.analysis.databases import find_backends

        return find_backends(self)

    @cached_property
    def async_attributes(self) -> AsyncAttributes:
        """Which attributes of instances can be awaited."""
        from asyncify.analysis.async_attrs import AsyncAttributes

        return AsyncAttributes(self)

    @cached_property
    def given_contexts(self) -> frozenset[FunctionInfo]:
        """The functions that give what a `with` of their callers begins."""
        from asyncify.analysis.given_contexts import given_contexts

        return given_contexts(self)

    @cached_property
    def imported_files(self) -> Callable[[str], frozenset[str]]:
        """Gives the files that a file imports, directly or through others."""
        return cache(self._find_imported_files)

    def _find_imported_files(self, path: str) -> frozenset[str]:
        seen, stack = {path}, [path]
        found: set[str] = set()
        while stack:
            current = stack.pop()
            module = self.modules.get(current)
            for node in {s for group in (module.imports.values() if module else ()) for s in group}:
                for alias in node.names:
                    target = getattr(self.names.imported(current, node, alias), "path", None)
                    if isinstance(target, str):
                        found.add(target)
                        if target not in seen:
                            seen.add(target)
                            stack.append(target)
        return frozenset(found)

    @cached_property
    def overriding(self) -> frozenset[FunctionInfo]:
        """The functions of tests that only stand in the place of a dependency."""
        from asyncify.analysis.unclosed import overriding

        return overriding(self)

    @cached_property
    def returned_sessions(self) -> Mapping[str, tuple[Returned, ...]]:
        """The sessions that dependencies open and return, by file."""
        from asyncify.analysis.returned_sessions import returned_sessions

        return returned_sessions(self)

    @cached_property
    def set_by_tests(self) -> frozenset[str]:
        """Last parts of the names that tests set from outside."""
        from asyncify.analysis.unclosed import set_by_tests

        return set_by_tests(self)

    @cached_property
    def async_clients(self) -> frozenset[ast.AST]:
        """The constructor calls of test clients that become async clients."""
        from asyncify.analysis.test_clients import convertible_clients

        return convertible_clients(self)

    @cached_property
    def colouring(self) -> Colouring:
        """Which functions become async, and why."""
        from asyncify.analysis.colour import colour
        from asyncify.analysis.followers import followers

        return colour(self, self.async_clients, followers(self))

    @cached_property
    def unloaded(self) -> Mapping[str, tuple[Unloaded, ...]]:
        """The places that read what nothing has loaded, by file."""
        found: dict[str, list[Unloaded]] = defaultdict(list)
        for place in self.find_unloaded(self):
            found[place.path].append(place)
        return {path: tuple(places) for path, places in found.items()}

    @property
    def reads(self) -> Iterable[Read]:
        """Relationships read from instances."""
        return self.facts.reads

    @cached_property
    def functions(self) -> tuple[FunctionInfo, ...]:
        """All functions, by file and place."""
        return tuple(f for p in sorted(self.modules) for f in self.modules[p].functions.values())

    @cached_property
    def _function_of(self) -> dict[ast.AST, FunctionInfo]:
        found: dict[ast.AST, FunctionInfo] = {}
        for function in self.functions:  # outer ones come first, inner ones overwrite
            for stmt in (*function.node.body, function.node.args):
                found.update(dict.fromkeys(below(stmt), function))
        for function in self.functions:  # a def, its decorators and defaults run in the scope around it
            outer = function.parent
            outside = [*function.node.decorator_list, *function.node.args.defaults]
            for root in (*outside, *(d for d in function.node.args.kw_defaults if d is not None)):
                for node in below(root):
                    if outer is not None:
                        found[node] = outer
                    else:
                        found.pop(node, None)
        return found

    def function_of(self, node: ast.AST) -> FunctionInfo | None:
        """The function whose body holds a node (lambdas are not functions); None at the top of a module or class."""
        return self._function_of.get(node)

    def scope_of(self, node: ast.AST) -> FunctionInfo | None:
        """The outermost function around a node, whose names those nested in it share; None outside of functions."""
        function = self.function_of(node)
        return function.outermost if function is not None else None

    def reexports(self) -> Mapping[str, frozenset[str]]:
        """For each file the names that other files import from it: their import lines must stay."""
        from asyncify.analysis.reexports import reexports

        return reexports(self)


def build(
    workspace: Workspace,
    config: Config | None = None,
    before: Program | None = None,
    find_unloaded: FindUnloaded = _nothing_unloaded,
    evidence: Evidence = NO_EVIDENCE,
) -> Program:
    """Parse the Python files of a workspace. Files that cannot be parsed are listed, never raised.

    before: the program of an earlier workspace with the same configuration; files that did not change are not read
    again, and where nothing did, neither is anything else. find_unloaded, evidence: see `Program`.
    """
    if before is not None and workspace.files == before.workspace.files:
        return before
    modules: dict[str, ModuleInfo] = {}
    broken: dict[str, str] = {}
    for path in sorted(workspace.files):
        if not path.endswith(".py"):
            continue
        if before is not None and path in before.modules and before.workspace.files[path] == workspace.files[path]:
            modules[path] = before.modules[path]
            continue
        try:
            source = SourceFile.parse(path, workspace.files[path])
            if is_too_deep(source.tree):
                broken[path] = "it is nested too deeply"
            else:
                modules[path] = collect(source)
        except SyntaxError as error:
            broken[path] = f"line {error.lineno}: {error.msg}"
        except (UnicodeDecodeError, LookupError):
            broken[path] = "its bytes are not text in the encoding that it declares"
        except ValueError as error:
            broken[path] = str(error)
        except (RecursionError, MemoryError):  # what `ast.parse` raises for it
            broken[path] = "it is nested too deeply"
    return Program(workspace, config or Config(), modules, broken, find_unloaded=find_unloaded, evidence=evidence)

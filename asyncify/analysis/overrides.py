"""What a person has decided about single files and functions, in `[tool.asyncify]` and in comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pathspec import GitIgnoreSpec

from asyncify.analysis.comments import KEEP_SYNC, directives
from asyncify.analysis.config import Config
from asyncify.analysis.lookup import definitions_in, find_definitions, functions_of, module_paths
from asyncify.analysis.names import Assigned, Names
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import canonical
from asyncify.model.errors import UsageError


@dataclass(frozen=True)
class Kept:
    """Why something stays synchronous, in words; line: of the comment that says so, or 0."""

    why: str
    line: int


BY_CONFIGURATION = Kept("keep-sync of [tool.asyncify] names it", 0)


@dataclass
class Overrides:
    """The decisions, resolved.

    files and functions: what stays synchronous; a class stands for its methods, each with what is defined inside.
    kept: the definitions that were named, for the report. forced, entries: functions, with the words of the
    configuration. blocking: own functions that block, and names of libraries. sessions: own functions whose result is a
    session, top-level names (path, name) that are factories, and names of libraries.
    """

    files: dict[str, Kept] = field(default_factory=dict)
    functions: dict[FunctionInfo, Kept] = field(default_factory=dict)
    kept: dict[FunctionInfo | ClassInfo, Kept] = field(default_factory=dict)
    forced: set[FunctionInfo] = field(default_factory=set)
    entries: set[FunctionInfo] = field(default_factory=set)
    blocking: set[FunctionInfo | tuple[str, str] | str] = field(default_factory=set)
    sessions: set[FunctionInfo | tuple[str, str] | str] = field(default_factory=set)


def find_overrides(names: Names, config: Config) -> Overrides:
    """Resolve what was decided. What is not found has no effect; `check_overrides` complains about it."""
    modules = names.modules
    found = Overrides()
    for path in _kept_paths(modules, config):
        found.files[path] = BY_CONFIGURATION
    for definition in _named(modules, [k for k in config.keep_sync if ":" in k]):
        _keep(modules, found, definition, BY_CONFIGURATION)
    for path, module in modules.items():
        for directive in directives(module):
            kept = Kept(directive.reason or "a comment says so", directive.line)
            if directive.about is not None:
                _keep(modules, found, directive.about, kept)
            elif not directive.problem:
                found.files[path] = kept
    for path, kept in found.files.items():
        for function in modules[path].functions.values():
            found.functions.setdefault(function, kept)
    found.forced |= {d for d in _named(modules, config.force_async) if isinstance(d, FunctionInfo)}
    found.entries |= {d for d in _named(modules, config.entry_points) if isinstance(d, FunctionInfo)}
    for name in config.blocking:
        found.blocking |= _callables(names, name)
    for name in config.session_factories:
        found.sessions |= _callables(names, name)
    return found


def check_overrides(names: Names, config: Config) -> None:
    """Raise `UsageError` for the first thing that was decided about what does not exist."""
    modules = names.modules
    for pattern in (k for k in config.keep_sync if ":" not in k):
        if not any(GitIgnoreSpec.from_lines([pattern]).match_files(modules)):
            raise UsageError(
                f"keep-sync of [tool.asyncify] has {pattern!r}, which matches no Python file; "
                "write a path, or a function as module:function"
            )
    functions = tuple(k for k in config.keep_sync if ":" in k)
    of_functions = {KEEP_SYNC: functions, "force-async": config.force_async, "entry-points": config.entry_points}
    for key, given in of_functions.items():
        for name in given:
            _check_function(modules, key, name)
    for key, given in (("blocking", config.blocking), ("session-factories", config.session_factories)):
        for name in given:
            _check_callable(names, key, name)
    for path, module in modules.items():
        for directive in (d for d in directives(module) if d.problem):
            place = f"{path}:{directive.line}"
            raise UsageError(f"{place}: the comment `# asyncify:` cannot be followed: {directive.problem}")
    _check_contradictions(find_overrides(names, config))


def _check_contradictions(found: Overrides) -> None:
    for function in sorted((found.forced | found.entries) & found.functions.keys(), key=lambda f: f.qualname):
        raise UsageError(
            f"{function.path}:{function.node.lineno}: {function.qualname} is kept synchronous "
            f"({found.functions[function].why}) and made async by [tool.asyncify]; take one of the two away"
        )


def _check_function(modules: Mapping[str, ModuleInfo], key: str, name: str) -> None:
    try:
        found = find_definitions(modules, name)
    except UsageError as error:
        raise UsageError(f"{key} of [tool.asyncify] has {name!r}, but {error.message}") from None
    if key != KEEP_SYNC and not all(isinstance(d, FunctionInfo) for d in found):
        raise UsageError(f"{key} of [tool.asyncify] has {name!r}, which is a class; name its methods")


def _check_callable(names: Names, key: str, name: str) -> None:
    """A name of a library cannot be checked, one of the program can."""
    if ":" not in name and "." not in name:
        raise UsageError(f"{key} of [tool.asyncify] has {name!r}; write its module too, as in lib.{name}")
    unseen = _callables(names, name) == {_in_library(name)}
    if ":" in name and unseen and module_paths(names.modules, name.partition(":")[0]):
        _check_function(names.modules, key, name)


def _kept_paths(modules: Mapping[str, ModuleInfo], config: Config) -> Iterable[str]:
    patterns = [k for k in config.keep_sync if ":" not in k]
    return sorted(GitIgnoreSpec.from_lines(patterns).match_files(modules)) if patterns else ()


def _keep(
    modules: Mapping[str, ModuleInfo], found: Overrides, definition: FunctionInfo | ClassInfo, kept: Kept
) -> None:
    found.kept[definition] = kept
    for function in functions_of(modules[definition.path], definition):
        found.functions[function] = kept


def _named(modules: Mapping[str, ModuleInfo], names: Iterable[str]) -> list[FunctionInfo | ClassInfo]:
    found: list[FunctionInfo | ClassInfo] = []
    for name in names:
        try:
            found.extend(find_definitions(modules, name))
        except UsageError:
            continue
    return found


def _callables(names: Names, name: str) -> set[FunctionInfo | tuple[str, str] | str]:
    """What a dotted name means: functions of the program, a name assigned at the top of a module, or the canonical name
    of something in a library."""
    for module, qualname in _splits(name):
        paths = module_paths(names.modules, module)
        if len(paths) != 1 or ("." not in module and paths[0].count("/") and ":" not in name):
            continue  # `requests.get` is that of the library, whatever file is called so
        inside = definitions_in(names.modules[paths[0]], qualname)
        meant = names.resolve(paths[0], qualname) if not inside else None
        if isinstance(meant, FunctionInfo):
            return {meant}
        if isinstance(meant, Ext):
            return {meant.name}
        if isinstance(meant, Assigned):
            return {(meant.path, meant.name)}
        if inside:
            return {d for d in inside if isinstance(d, FunctionInfo)}
    return {_in_library(name)}


def _in_library(name: str) -> str:
    return canonical(name.replace(":", "."))


def _splits(name: str) -> Iterable[tuple[str, str]]:
    """The ways to read a dotted name as a module and a name in it."""
    if ":" in name:
        module, _, qualname = name.partition(":")
        yield module, qualname
        return
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:cut]), ".".join(parts[cut:])

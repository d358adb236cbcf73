"""Functions and classes of a program by the names that people write: `app.services:UserService.get`."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath

from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.model.errors import UsageError

Definitions = tuple[FunctionInfo | ClassInfo, ...]


def find_definitions(modules: Mapping[str, ModuleInfo], name: str) -> Definitions:
    """What a name means: one class, or one function with all its definitions (in branches, of a property).

    name: `module:qualname`, `path.py:qualname`, or `path.py:line` for the function around a line.
    Raises `UsageError` where there is no such thing, with what is near, or where several modules are meant.
    """
    module, _, qualname = name.partition(":")
    paths = module_paths(modules, module)
    if len(paths) > 1:
        raise UsageError(f"{name!r} may be in {' or '.join(paths)}; write the path in place of the module")
    if not paths:
        near = get_close_matches(module, [dotted_name(p) for p in modules], n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else "write module:function or path.py:function"
        raise UsageError(f"there is no module {module!r} here; {hint}")
    found = definitions_in(modules[paths[0]], qualname)
    if not found:
        known = [d.qualname for d in _all(modules[paths[0]])]
        near = get_close_matches(qualname, known, n=2)
        near += [k for k in known if k.rpartition(".")[2] == qualname and k not in near]
        hint = f"; did you mean {' or '.join(near[:3])}?" if near else ""
        raise UsageError(f"there is no function or class {qualname!r} in {paths[0]}{hint}")
    return found


def module_paths(modules: Mapping[str, ModuleInfo], module: str) -> list[str]:
    """The files that a path or a dotted name may mean: those whose own name ends in it, whole names first."""
    if module in modules:
        return [module]
    parts = tuple(module.split("."))
    own = {path: tuple(dotted_name(path).split(".")) for path in modules}
    whole = [path for path in modules if own[path] == parts]
    return whole or sorted(path for path in modules if own[path][-len(parts) :] == parts)


def definitions_in(module: ModuleInfo, qualname: str) -> Definitions:
    """The definitions of a name in a module; for a number, the innermost function around that line."""
    if qualname.isdecimal():
        line = int(qualname)
        around = [f for f in module.functions.values() if first_line(f) <= line <= (f.node.end_lineno or line)]
        return (max(around, key=first_line),) if around else ()
    return tuple(d for d in _all(module) if d.qualname == qualname)


def named_anywhere(modules: Mapping[str, ModuleInfo], qualname: str) -> Definitions:
    """Everything of a name, or whose name ends in it (`get_user`, `Users.get`), in all files."""
    tail = f".{qualname}"
    found = (d for path in sorted(modules) for d in _all(modules[path]))
    return tuple(d for d in found if d.qualname == qualname or d.qualname.endswith(tail))


def functions_of(module: ModuleInfo, definition: FunctionInfo | ClassInfo) -> tuple[FunctionInfo, ...]:
    """A function, or the methods of a class, with everything defined inside."""
    span = definition.node
    end = span.end_lineno or span.lineno
    return tuple(f for f in module.functions.values() if span.lineno <= f.node.lineno <= end)


def first_line(definition: FunctionInfo | ClassInfo) -> int:
    """The first line of a definition, decorators included."""
    return min([definition.node.lineno, *(d.lineno for d in definition.node.decorator_list)])


def dotted_name(path: str) -> str:
    """`app/services/__init__.py` is `app.services`."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _all(module: ModuleInfo) -> list[FunctionInfo | ClassInfo]:
    found: list[FunctionInfo | ClassInfo] = [*module.functions.values(), *module.classes.values()]
    return sorted(found, key=lambda d: d.node.lineno)

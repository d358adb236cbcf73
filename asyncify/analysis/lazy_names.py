"""Names that a module looks up when they are asked for: `def __getattr__(name)` at its top.

Source: PEP 562; Python reference, "Customizing module attribute access".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.nodes import last_name
from asyncify.analysis.symbols import ModuleInfo

ASKED = "__getattr__"
LOADER = "import_module"


def lazy_sources(module: ModuleInfo, name: str) -> Iterator[tuple[str, str]]:
    """The modules in which a module looks for a name, as they are written (relative ones with dots in front), each with
    the name there. Those that it only names when it runs are left out."""
    functions = [s for s in module.top.get(ASKED, ()) if isinstance(s, ast.FunctionDef) and s.args.args]
    for function in functions:
        asked = function.args.args[0].arg
        loaded = _loaded(module, function, asked, name)
        for node in ast.walk(function):
            if isinstance(node, ast.If) and _tests(node.test, asked, name):
                yield from _returned(node)
            if isinstance(node, ast.Call) and last_name(node.func) == "getattr" and len(node.args) > 1:
                where, what = node.args[:2]
                found = loaded.get(ast.unparse(where))
                if found is not None and isinstance(what, ast.Name):
                    yield found[0], name if what.id == asked else loaded.get(what.id, ("", ""))[1]


def _loaded(module: ModuleInfo, function: ast.FunctionDef, asked: str, name: str) -> dict[str, tuple[str, str]]:
    """What names, or calls, of a function stand for: a module, and the attribute that is told for the name."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.ImportFrom):
            above = "." * node.level + (node.module or "")
            for alias in node.names:
                inner = above if above.endswith(".") else f"{above}."
                found[alias.asname or alias.name] = f"{inner}{alias.name}", ""
        elif isinstance(node, ast.Import):
            found.update((alias.asname, (alias.name, "")) for alias in node.names if alias.asname)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            parts = _entry(module, node.value, asked, name)
            for target in node.targets[0].elts if len(parts) == 2 else ():
                found[ast.unparse(target)] = parts[0], parts[1]
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and last_name(node.func) == LOADER and node.args:
            first = node.args[0]
            entry = _entry(module, first, asked, name)
            told = entry[0] if entry else found.get(ast.unparse(first), ("", ""))[0]
            if told:
                found[ast.unparse(node)] = told, ""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call):
            call = ast.unparse(node.value)
            if call in found:
                found[node.targets[0].id] = found[call]
    return found


def _entry(module: ModuleInfo, node: ast.expr, asked: str, name: str) -> tuple[str, ...]:
    """The texts of a constant, or of what `TABLE[name]` and `TABLE.get(name)` give."""
    if isinstance(node, ast.Constant):
        return (node.value,) if isinstance(node.value, str) else ()
    table, key = None, None
    if isinstance(node, ast.Subscript):
        table, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        table, key = node.func.value, node.args[0]
    if not isinstance(table, ast.Name) or not isinstance(key, ast.Name) or key.id != asked:
        return ()
    for statement in module.top.get(table.id, ()):
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Dict):
            for known, told in zip(value.keys, value.values, strict=True):
                if isinstance(known, ast.Constant) and known.value == name:
                    parts = told.elts if isinstance(told, (ast.Tuple, ast.List)) else [told]
                    return tuple(p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))
    return ()


def _tests(test: ast.expr, asked: str, name: str) -> bool:
    """`name == "User"`, `name in ("User", "Post")`."""
    if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name) or test.left.id != asked:
        return False
    told = test.comparators[0]
    parts = told.elts if isinstance(told, (ast.Tuple, ast.List, ast.Set)) else [told]
    fits = isinstance(test.ops[0], (ast.Eq, ast.In))
    return fits and any(isinstance(part, ast.Constant) and part.value == name for part in parts)


def _returned(branch: ast.If) -> Iterator[tuple[str, str]]:
    """What a branch imports and returns."""
    for statement in branch.body:
        for alias in statement.names if isinstance(statement, ast.ImportFrom) else ():
            given = [s.value for s in branch.body if isinstance(s, ast.Return)]
            if any(isinstance(g, ast.Name) and g.id == (alias.asname or alias.name) for g in given):
                assert isinstance(statement, ast.ImportFrom)
                yield "." * statement.level + (statement.module or ""), alias.name

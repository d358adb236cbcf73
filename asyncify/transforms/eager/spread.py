"""What an instance holds, given together with its relationships: `Schema(**vars(user), posts=user.posts)`.

A lazy program has no `posts` in `vars(user)` yet when the call is put together. With a load it has, and Python refuses
a keyword that is given twice.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.events import path_text
from asyncify.analysis.program import Program
from asyncify.analysis.values import objects
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Replace


def spread(program: Program) -> Iterator[Edit]:
    """Edits that leave the relationships out of what such calls spread."""
    for path, module in sorted(program.modules.items()):
        for call in module.source.nodes_of(ast.Call):
            for number, keyword in enumerate(call.keywords):
                instance = _spread(program, keyword.value) if keyword.arg is None else None
                if instance is None or not is_path(instance):
                    continue
                known = {n for v in objects(program.values(instance)) for n in program.orm.relationships(v.info)}
                after = call.keywords[number + 1 :]
                twice = [k.arg for k in after if k.arg in known and _reads(k.value, path_text(instance), k.arg)]
                if twice:
                    yield _without(program, path, keyword.value, [name for name in twice if name])


def _spread(program: Program, node: ast.expr) -> ast.expr | None:
    """The instance in `vars(instance)` or `instance.__dict__`, or in what alone a name of the function was given."""
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars":
        return node.args[0] if len(node.args) == 1 else None
    function = program.function_of(node)
    if isinstance(node, ast.Name) and function is not None:
        assigned = [n for n in function.nodes if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == node.id]
        if len(assigned) == 1 and not isinstance(assigned[0].value, ast.Name):
            return _spread(program, assigned[0].value)
    return None


def _reads(value: ast.expr, instance: str, name: str) -> bool:
    """Whether an expression reads an attribute of an instance."""
    owners = (n.value for n in ast.walk(value) if isinstance(n, ast.Attribute) and n.attr == name)
    return any(is_path(owner) and path_text(owner) == instance for owner in owners)


def _without(program: Program, path: str, node: ast.expr, twice: list[str]) -> Edit:
    source = program.modules[path].source
    names = ", ".join(f'"{name}"' for name in twice)
    test = f"not in ({names})" if len(twice) > 1 else f"!= {names}"
    op = Replace(f"{{key: value for key, value in $it.items() if key {test}}}", (Hole("it", source.span(node)),))
    return Edit("eager", path, source.target(node), op, because=f"{names} is loaded by then, and given beside it")

"""Values in what rows are grouped by: `func.date_trunc("month", Order.at)`, as a column and in `group_by`.

psycopg2 writes the value into the statement, and PostgreSQL sees the same expression twice. asyncpg sends it beside the
statement, twice: two parameters are two expressions, and "column must appear in the GROUP BY clause". A value that is
rendered when the statement is executed is written into it again. SQLAlchemy 2.0 sends a value once that is one object;
1.4 sends it for each place. Sources: SQLAlchemy `bindparam.literal_execute`, of 1.4, and `literal`, which has it in
2.0; PostgreSQL "SELECT", "GROUP BY Clause". Measured with PostgreSQL 15.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.texts import is_text
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace
from asyncify.transforms.engine.json_paths import is_function

#: the first SQLAlchemy that sends one value once, and whose `literal` can be rendered
ONCE = (2,)
BECAUSE = "asyncpg sends values beside the statement, and what is grouped by must be the same expression"


def grouped_values(program: Program, transform: str, group: str) -> Iterator[Edit]:
    """The edits of a program that leaves psycopg2 for asyncpg."""
    version = read_dependencies(program.workspace.files).sqlalchemy
    sends_twice = version is not None and version < ONCE
    for path, module in sorted(program.modules.items()):
        found: dict[ast.expr, None] = {}
        for call in module.source.nodes_of(ast.Call) if not kept_sync(program, path) else ():
            function = program.function_of(call)
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "group_by":
                continue
            if function is None or function in program.colouring.kept:
                continue
            for argument in call.args:
                found.update(dict.fromkeys(_values(program, module, function, argument, sends_twice)))
        for node in found:
            yield _edit(program, module, node, transform, group, sends_twice)


def _values(
    program: Program, module: ModuleInfo, function: FunctionInfo, argument: ast.expr, sends_twice: bool
) -> Iterator[ast.expr]:
    """The values of an argument of `group_by`, and those of the same expressions in its function."""
    written = [argument]
    if isinstance(argument, ast.Name):
        assigned = (n for n in function.nodes if isinstance(n, ast.Assign) and len(n.targets) == 1)
        written = [n.value for n in assigned if getattr(n.targets[0], "id", "") == argument.id] if sends_twice else []
    grouped = [n for part in written for n in ast.walk(part) if is_function(program, module.path, n)]
    texts = {ast.unparse(n) for n in grouped}
    same = [n for n in function.nodes if is_function(program, module.path, n) and ast.unparse(n) in texts]
    if isinstance(argument, ast.Name) or len(same) > len(grouped):
        yield from (value for n in same if isinstance(n, ast.Call) for value in n.args if _is_value(program, value))


def _is_value(program: Program, node: ast.expr) -> bool:
    """Whether an argument is a plain value, written down or of an annotated parameter."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (str, int, float)) and not isinstance(node.value, bool)
    return isinstance(node, ast.Name) and is_text(program, node) is True


def _edit(program: Program, module: ModuleInfo, node: ast.expr, transform: str, group: str, sends_twice: bool) -> Edit:
    maker, imports = bring(program, module.path, "sqlalchemy", "bindparam" if sends_twice else "literal")
    text = f'{maker}("value", $it, unique=True, literal_execute=True)' if sends_twice else ""
    op = Replace(text or f"{maker}($it, literal_execute=True)")
    return Edit(transform, module.path, module.source.target(node), op, imports, (), group, BECAUSE)

"""Models of packages that are not in the repository: nothing is known of their relationships.

Source: SQLAlchemy "Preventing Implicit IO when Using AsyncSession": each attribute that loads itself has to be known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.barriers import callee_name
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.model.edit import Finding

MESSAGE = "{name} is not in the repository, so which of its attributes load themselves is not known"
ADVICE = "record the tests with `pytest -p asyncify.recorder`: it finds what they read of it"
#: packages whose classes are no models: parts of statements
_OF_STATEMENTS = ("sqlalchemy.", "sqlmodel.", "builtins.")


def installed_models(program: Program) -> Iterator[Finding]:
    """A finding for each class that statements load and no file of the program defines, where it is loaded first."""
    seen: set[str] = set()
    for path in sorted(program.modules):
        source = program.modules[path].source
        for call in source.nodes_of(ast.Call):
            if not call.args or not _loads(program, call):
                continue
            for argument in call.args:
                name = _foreign_class(program, path, argument)
                if name and name not in seen:
                    seen.add(name)
                    span = source.span(argument)
                    yield Finding("eager", path, span, "eager-installed-model", MESSAGE.format(name=name), ADVICE)


def _loads(program: Program, call: ast.Call) -> bool:
    """`select(Model)`, `session.query(Model)`: what they begin, not what goes on with it."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else callee_name(program, call).rpartition(".")[2]
    return name in ("query", "select") and has(program.values(call), names.SELECT, names.QUERY)


def _foreign_class(program: Program, path: str, node: ast.expr) -> str:
    found = program.names.resolve_expression(path, node)
    if not isinstance(found, Ext) or found.name.startswith(_OF_STATEMENTS):
        return ""
    return found.name if found.name.rpartition(".")[2][:1].isupper() else ""

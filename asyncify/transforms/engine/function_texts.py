"""Texts for which a function of PostgreSQL has a type of its own, in SQLAlchemy 1.4: `func.to_tsquery("english", q)`.

psycopg2 writes the text into the statement, and PostgreSQL reads it as what the function wants. The dialect of 1.4 for
asyncpg casts it, `$1::varchar`, and PostgreSQL has no such function. A text that is written in the code becomes part of
the statement, which is right with every driver; 1.4 has no types to cast another one to. SQLAlchemy 2.0 knows the
functions of text search itself, and has a type for JSON paths.
Sources: SQLAlchemy 1.4 `dialects/postgresql/asyncpg.py`, `_pg_types`; SQLAlchemy 2.0 "PostgreSQL", "Full Text Search";
PostgreSQL "Text Search Functions and Operators", "JSON Functions and Operators".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace
from asyncify.transforms.engine.json_paths import CASTING, FUNCTIONS, is_function

#: what takes the name of a configuration first, where it has this many arguments or more
CONFIGURED = {
    "to_tsvector": 2,
    "to_tsquery": 2,
    "plainto_tsquery": 2,
    "phraseto_tsquery": 2,
    "websearch_to_tsquery": 2,
    "ts_headline": 4,
}
BECAUSE = "asyncpg sends text as text, and the function takes another type"


def function_texts(program: Program, transform: str, group: str) -> Iterator[Edit]:
    """The edits of a program with SQLAlchemy 1.4 that leaves psycopg2."""
    version = read_dependencies(program.workspace.files).sqlalchemy
    if version is None or version >= CASTING:
        return
    for path, module in sorted(program.modules.items()):
        for node in module.source.nodes_of(ast.Call) if not kept_sync(program, path) else ():
            text = _text(node)
            if text is None or not is_function(program, path, node):
                continue
            if program.function_of(node) in program.colouring.kept:
                continue
            name, imports = bring(program, path, "sqlalchemy", "literal_column")
            written = "'" + str(text.value).replace("'", "''") + "'"
            op = Replace(f"{name}({_quoted(written)})")
            yield Edit(transform, path, module.source.target(text), op, imports, (), group, BECAUSE)


def _text(node: ast.Call) -> ast.Constant | None:
    """The constant text of another type that a call is given."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    place = 0 if len(node.args) >= CONFIGURED.get(name, len(node.args) + 1) else 1 if name in FUNCTIONS else None
    given = node.args[place] if place is not None and place < len(node.args) else None
    return given if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def _quoted(text: str) -> str:
    """Python for a text, in double quotes where it can be."""
    return f'"{text}"' if not set(text) & set('"\\\n') else repr(text)

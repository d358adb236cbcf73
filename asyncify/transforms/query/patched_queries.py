"""Real sessions whose `query` a test patches: `patch.object(session, "query", side_effect=OperationalError(...))`.

The code runs selects, which know nothing of that, and an async session has no `query` to patch. A session that went
through `answer_patched_queries` has one, and gives what it gives while it is patched. Source: `unittest.mock`,
`patch.object`; pytest, `monkeypatch.setattr`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.mock_origins import is_mocked
from asyncify.analysis.mock_patches import is_patch
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.values import is_session
from asyncify.model.edit import Edit
from asyncify.model.ops import InsertStatements
from asyncify.model.span import Place, Target
from asyncify.transforms.query.decisions import NAME
from asyncify.transforms.query.replayed_mocks import WHY, Helpers

ANSWER = "answer_patched_queries"


def patched_sessions(program: Program) -> dict[tuple[object, str], tuple[str, ast.Call]]:
    """Such sessions, by the function and their text there: the file and the first patch."""
    found: dict[tuple[object, str], tuple[str, ast.Call]] = {}
    for path in sorted(program.modules):
        source = program.modules[path].source
        for node in source.nodes_of(ast.Call):
            session = _patched(node)
            if session is not None and is_session(program.values(session)) and not is_mocked(program, path, session):
                found.setdefault((program.scope_of(node), source.segment(session)), (path, node))
    return found


def patched(program: Program, helpers: Helpers) -> Iterator[Edit | tuple[str, ast.AST]]:
    """The edits that prepare such sessions; file and place of a patch before which nothing can be said."""
    for (_, text), (path, node) in patched_sessions(program).items():
        source = program.modules[path].source
        statement = _statement(program, source, node, text)
        if statement is None:
            yield path, node
        elif not _is_prepared(source, statement, text):
            alias, imports = helpers.use(path, ANSWER)
            target = Target(source.span(statement), Place.STATEMENT)
            yield Edit(NAME, path, target, InsertStatements(f"{alias}({text})\n", "before"), imports, because=WHY)


def _patched(node: ast.Call) -> ast.expr | None:
    """The object whose `query` a call replaces."""
    sets = last_name(node.func) == "setattr" and isinstance(node.func, ast.Attribute)
    if not sets and not (is_patch(node) and last_name(node.func) == "object"):
        return None
    named = node.args[1] if len(node.args) > 1 else None
    return node.args[0] if isinstance(named, ast.Constant) and named.value == "query" else None


def _statement(program: Program, source: SourceFile, node: ast.Call, text: str) -> ast.stmt | None:
    """The first statement of the function that patches or reads `session.query`, where the session is there before."""
    function = program.scope_of(node)
    if function is None:
        return None
    name = text.partition(".")[0]
    for statement in function.node.body:
        inside = list(ast.walk(statement))
        bound = any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in inside)
        reads = any(isinstance(n, ast.Attribute) and source.segment(n) == f"{text}.query" for n in inside)
        if bound and (node in inside or reads):
            return None
        if node in inside or reads:
            return statement
    return None


def _is_prepared(source: SourceFile, statement: ast.stmt, text: str) -> bool:
    """Whether an earlier run has prepared the session in front of the statement."""
    body = getattr(source.parent(statement), "body", [])
    before = body[: body.index(statement)] if statement in body else []
    calls = (s.value for s in before if isinstance(s, ast.Expr))
    return any(
        isinstance(c, ast.Call)
        and last_name(c.func).startswith(ANSWER)
        and [source.segment(a) for a in c.args] == [text]
        for c in calls
    )

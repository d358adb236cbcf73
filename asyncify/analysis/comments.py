"""Comments that speak to this program: `# asyncify: keep-sync (reason)`.

On the line of a `def` or `class`, or directly above it (above its decorators), one is about that function or class;
among the first lines of a file it is about the file.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.lookup import first_line
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo

KEEP_SYNC = "keep-sync"

_COMMENT = re.compile(r"#\s*asyncify\s*:\s*(?P<word>[\w-]*)\s*(?P<rest>.*?)\s*$")


@dataclass(frozen=True)
class Directive:
    """One comment. about: a function or class, or None for the whole file. problem: why it cannot be followed."""

    line: int
    reason: str
    about: FunctionInfo | ClassInfo | None = None
    problem: str = ""


def directives(module: ModuleInfo) -> Iterator[Directive]:
    """The comments of one module that speak to this program."""
    if "asyncify" not in module.source.text:
        return
    for line, column, text in _comments(module.source.text):
        match = _COMMENT.match(text)
        if match is None:
            continue
        reason = match["rest"].strip("() ")
        if match["word"] != KEEP_SYNC:
            yield Directive(
                line, reason, None, f"{match['word']!r} is not known; write `# asyncify: {KEEP_SYNC} (why)`"
            )
            continue
        alone = not module.source.lines[line - 1][:column].strip()
        about = _below(module, line) if alone else None
        about = about or _around(module, line)
        if about is None and line > _head(module):
            yield Directive(
                line, reason, None, "it stands at no def or class; put it above one, or at the top of the file"
            )
        else:
            yield Directive(line, reason, about)


def _comments(text: str) -> Iterator[tuple[int, int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string
    except (tokenize.TokenError, IndentationError):
        return


def _definitions(module: ModuleInfo) -> list[FunctionInfo | ClassInfo]:
    return [*module.functions.values(), *module.classes.values()]


def _below(module: ModuleInfo, line: int) -> FunctionInfo | ClassInfo | None:
    """The definition that starts right below a line, with nothing but comments between."""
    lines = module.source.lines
    below = line + 1
    while below <= len(lines) and lines[below - 1].strip().startswith("#"):
        below += 1
    return next((d for d in _definitions(module) if first_line(d) == below), None)


def _around(module: ModuleInfo, line: int) -> FunctionInfo | ClassInfo | None:
    """The definition whose head (decorators, name, parameters, up to the first statement) holds a line."""
    inner = [d for d in _definitions(module) if first_line(d) <= line <= max(d.node.lineno, _body_line(d) - 1)]
    return max(inner, key=first_line, default=None)


def _body_line(definition: FunctionInfo | ClassInfo) -> int:
    first = definition.node.body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    return min([first.lineno, *(d.lineno for d in decorators)])


def _head(module: ModuleInfo) -> int:
    """The last line before the first statement that is no docstring."""
    for stmt in module.source.tree.body:
        if not (isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant)):
            return stmt.lineno - 1
    return len(module.source.lines)

"""What every new text must pass before anybody sees it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Sequence

from asyncify.model.python_text import parse_python
from asyncify.rewrite.chunks import Chunk, cut
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.source import split_lines


def check_compiles(before: str, after: str) -> None:
    """Raises RewriteError when the new text is no Python, or when the compiler refuses it (an `await` outside an
    `async def`, a value returned from an asynchronous generator) and did not refuse the old text likewise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem = _refusal(after)
        if problem is not None and _refusal(before) != problem:
            raise RewriteError(f"the result does not compile: {problem}", "verify")


def check_rest(chunks: Sequence[Chunk], edited: Collection[int], lines: Sequence[str], text: str) -> ast.Module:
    """The statements that no edit touched must stand in the new text as they were: its tree. Raises RewriteError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse_python(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise RewriteError(f"the result does not parse: {error}", "verify") from error
    new_lines = split_lines(text)
    found = iter(cut(tree, new_lines))
    for index, chunk in enumerate(chunks):
        if index in edited:
            continue
        code = lines[chunk.body - 1 : chunk.end]
        if not any(other.kinds == chunk.kinds and new_lines[other.body - 1 : other.end] == code for other in found):
            raise RewriteError(f"the statement of line {chunk.body} changed without an edit", "verify")
    return tree


def _refusal(text: str) -> str | None:
    try:
        compile(parse_python(text), "<rewritten>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return getattr(error, "msg", None) or str(error)
    return None

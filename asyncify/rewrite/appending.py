"""Statements at the end of a module, or below its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from asyncify.model.ops import AppendToModule
from asyncify.rewrite.chunks import Chunk, cut
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.source import parse, split_lines
from asyncify.rewrite.templates import Style, Template

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def append(text: str, op: AppendToModule, style: Style) -> str:
    """The text with the statements of the template, set off by blank lines. Raises RewriteError."""
    code = _code(op.template, style)
    if not code:
        return text
    lines = split_lines(text)
    tree = parse(text)
    chunks = cut(tree, lines)
    if op.where == "end":
        index = len(chunks)
    elif op.where == "imports":
        # scripts import further down as well, behind what is called already
        index = min(below_imports(chunks, tree), _first_use(chunks, tree, _defined(parse(code))))
    else:
        raise RewriteError(f"{op.where!r} is no place in a module")
    new = cut(parse(code), split_lines(code))
    line = chunks[index - 1].end if index else _below_header(lines, chunks)
    if op.where == "end":
        line = len(lines)
        while line and not lines[line - 1].strip():
            line -= 1
    above, below = lines[:line], lines[line:]
    while below and not below[0].strip():
        below.pop(0)
    if above and not above[-1].endswith(("\n", "\r")):
        above[-1] += style.newline
    if above:
        before = chunks[index - 1] if index else None
        above.append(style.newline * _gap(before, new[0]))
    if below:
        following = chunks[index] if index < len(chunks) else None
        below.insert(0, style.newline * _gap(new[-1], following))
    return "".join([*above, code, *below])


def below_imports(chunks: list[Chunk], tree: ast.Module) -> int:
    """How many chunks stand above the first line below the imports: the last import before any function or
    class counts, as does `if TYPE_CHECKING:`, or a `try` around imports; else `__future__` or the docstring."""
    last = 1 if ast.get_docstring(tree, clean=False) is not None else 0
    nodes = {node.lineno: node for node in tree.body}
    for index, chunk in enumerate(chunks):
        if any(issubclass(kind, _DEFINITIONS) for kind in chunk.kinds):
            break
        node = nodes.get(chunk.body)
        if node is not None and holds_only_imports(node):
            last = index + 1
    return last


def _defined(tree: ast.Module) -> frozenset[str]:
    return frozenset(node.name for node in tree.body if isinstance(node, _DEFINITIONS))


def _first_use(chunks: list[Chunk], tree: ast.Module, names: frozenset[str]) -> int:
    """How many chunks stand above the first that uses one of these names while the module is imported."""
    nodes = {node.lineno: node for node in tree.body}
    for index, chunk in enumerate(chunks):
        node = nodes.get(chunk.body)
        if node is not None and any(isinstance(n, ast.Name) and n.id in names for n in _run(node)):
            return index
    return len(chunks)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """A statement without the bodies of its functions, which run later."""
    yield node
    later = node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    for part in ast.iter_child_nodes(node):
        if part not in later and not isinstance(node, ast.Lambda):
            yield from _run(part)


def holds_only_imports(node: ast.stmt) -> bool:
    """An import, or an `if` or `try` with imports first."""
    if isinstance(node, ast.If | ast.Try):
        return bool(node.body) and holds_only_imports(node.body[0])
    return isinstance(node, ast.Import | ast.ImportFrom)


def _code(template: str, style: Style) -> str:
    body = Template(template.strip("\n") + "\n", style=style).statements().body
    module = cst.Module(body=body, default_indent=style.indent, default_newline=style.newline)
    return module.code if body else ""


def _below_header(lines: list[str], chunks: list[Chunk]) -> int:
    """The line below the comments on top of a file without docstring and imports."""
    count = 0
    while count < len(lines) and lines[count].startswith("#"):
        count += 1
    return count


def _gap(above: Chunk | None, below: Chunk | None) -> int:
    """Blank lines between two statements at top level."""
    kinds = (*(above.kinds if above else ()), *(below.kinds if below else ()))
    return 2 if any(issubclass(kind, _DEFINITIONS) for kind in kinds) else 1

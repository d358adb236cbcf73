"""The names of one `from m import a, b`: add some, drop some, layout and order kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import libcst as cst

from asyncify.model.edit import Import
from asyncify.rewrite import commas
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.templates import Style

_WIDTH = 88
_EMPTY = cst.Module(body=[])
_Key = Callable[[str], tuple[int, str]]


def parse_import(source: str) -> cst.Import | cst.ImportFrom:
    """An import statement of LibCST. Raises RewriteError."""
    try:
        line = cst.parse_statement(source)
    except cst.ParserSyntaxError as error:
        raise RewriteError(f"{source!r} is no statement") from error
    node = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(node, cst.Import | cst.ImportFrom):
        raise RewriteError(f"{source!r} is no import")
    return node


def new_line(module: str, wanted: Sequence[Import], style: Style) -> str:
    """`from module import ...` for names that no line imports yet."""
    first, *rest = sorted(wanted, key=lambda new: (_by_type(new.name), new.alias))
    node = parse_import(f"from {module} import {_source(first)}")
    return code(add_names(node, rest, style))


def code(node: cst.CSTNode) -> str:
    """The text of an import."""
    return _EMPTY.code_for_node(node)


def add_names(node: cst.Import | cst.ImportFrom, wanted: Sequence[Import], style: Style) -> cst.ImportFrom:
    """The statement with more names: in their places if it was sorted, else at the end."""
    assert isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar)
    names = list(node.names)
    known = [_name(alias) for alias in names]
    keys: tuple[_Key, ...] = (_by_type, lambda name: (0, name.casefold()), lambda name: (0, name))
    key = next((key for key in keys if known == sorted(known, key=key)), None)
    opening = node.lpar.whitespace_after if isinstance(node.lpar, cst.LeftParen) else None
    for new in wanted:
        parsed = parse_import(f"from m import {_source(new)}")
        alias = parsed.names[0]  # type: ignore[index]
        index = len(names)
        if key is not None:
            index = next((i for i, old in enumerate(names) if key(_name(old)) > key(new.name)), index)
        names = commas.insert(names, index, alias, opening)
    grown = _tidy(node.with_changes(names=names))
    if not isinstance(grown.lpar, cst.LeftParen) and len(code(grown)) > _WIDTH and "\\" not in code(grown):
        return _over_lines(grown, style)
    return grown


def drop_names(node: cst.Import | cst.ImportFrom, gone: Collection[int]) -> cst.Import | cst.ImportFrom:
    """The statement without the names at these positions; one at least must stay."""
    assert not isinstance(node.names, cst.ImportStar)
    names = list(node.names)
    for index in sorted(gone, reverse=True):
        names = commas.drop(names, index)
    changed = node.with_changes(names=names)
    return _tidy(changed) if isinstance(changed, cst.ImportFrom) else changed


def _source(new: Import) -> str:
    return new.name + (f" as {new.alias}" if new.alias else "")


def _name(alias: cst.ImportAlias) -> str:
    return str(alias.name.value)


def _by_type(name: str) -> tuple[int, str]:
    """isort's default: constants, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.casefold()


def _over_lines(node: cst.ImportFrom, style: Style) -> cst.ImportFrom:
    """One name on each line, in parentheses."""
    between = cst.ParenthesizedWhitespace(last_line=cst.SimpleWhitespace(style.indent))
    end = cst.ParenthesizedWhitespace()
    assert not isinstance(node.names, cst.ImportStar)
    names = [
        alias.with_changes(comma=cst.Comma(whitespace_after=end if alias is node.names[-1] else between))
        for alias in node.names
    ]
    return node.with_changes(names=names, lpar=cst.LeftParen(whitespace_after=between), rpar=cst.RightParen())


def _tidy(node: cst.ImportFrom) -> cst.ImportFrom:
    """No blank line, and no comma without parentheses, after the last name."""
    if isinstance(node.names, cst.ImportStar):
        return node
    *others, last = node.names
    if not isinstance(last.comma, cst.Comma):
        return node
    if not isinstance(node.rpar, cst.RightParen):
        return node.with_changes(names=[*others, last.with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    after, before = last.comma.whitespace_after, node.rpar.whitespace_before
    if not isinstance(after, cst.ParenthesizedWhitespace) or not isinstance(before, cst.ParenthesizedWhitespace):
        return node
    comma = last.comma.with_changes(whitespace_after=after.with_changes(last_line=before.last_line))
    rpar = node.rpar.with_changes(whitespace_before=cst.SimpleWhitespace(""))
    return node.with_changes(names=[*others, last.with_changes(comma=comma)], rpar=rpar)

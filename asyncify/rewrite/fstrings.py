"""Replacement fields of f-strings: what may stand in them before Python 3.12.

Source: PEP 701, "Motivation": the quotes of the string around, backslashes and, without triple quotes, line breaks may
not.
"""

from __future__ import annotations

import libcst as cst

from asyncify.rewrite.errors import RewriteError

OTHER = {'"': "'", "'": '"'}


def fit(original: cst.FormattedString, edited: cst.FormattedString) -> cst.FormattedString:
    """An edited f-string in which each field that changed is legal on every Python that could read it before.

    Raises:
        RewriteError: both kinds of quotes are in use already.
    """
    parts = []
    for before, after in zip(original.parts, edited.parts, strict=True):
        if isinstance(after, cst.FormattedStringExpression) and not (
            after.deep_equals(before) or edited.end in cst.Module([]).code_for_node(before)
        ):
            fitted = after.visit(_Fit(edited.end))
            assert isinstance(fitted, cst.FormattedStringExpression)
            after = fitted
        parts.append(after)
    return edited.with_changes(parts=parts)


class _Fit(cst.CSTTransformer):
    def __init__(self, around: str) -> None:
        super().__init__()
        self._around = around

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        text = updated_node.value
        if self._around not in text:
            return updated_node
        quote = updated_node.quote
        content = updated_node.raw_value
        if len(self._around) > 1 or len(quote) > 1 or OTHER[quote] in content or self._around in content:
            raise RewriteError("the f-string around it uses these quotes")
        return cst.SimpleString(f"{updated_node.prefix}{OTHER[quote]}{content}{OTHER[quote]}")

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        if self._around in cst.Module([]).code_for_node(node):
            raise RewriteError("the f-string around it uses these quotes")
        return False

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.BaseParenthesizableWhitespace:
        if len(self._around) > 1:
            return updated_node
        if original_node.first_line.comment is not None or any(e.comment for e in original_node.empty_lines):
            raise RewriteError("a comment cannot stand in an f-string")
        return cst.SimpleWhitespace("")

"""Edits of calls, attributes and comprehensions."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from asyncify.model.ops import AppendCall, EditCall, RenameAttribute
from asyncify.rewrite import commas, layout, parens
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.templates import Style, Template

Comprehension = cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp


def rename_attribute(node: cst.BaseExpression, op: RenameAttribute) -> cst.BaseExpression:
    """`x.old` to `x.new`."""
    if not isinstance(node, cst.Attribute):
        raise RewriteError("the target is no attribute")
    return node.with_changes(attr=node.attr.with_changes(value=op.name))


def append_call(
    node: cst.BaseExpression, op: AppendCall, link: cst.BaseExpression, unit: str, room: int
) -> cst.BaseExpression:
    """`x` to `x.name(arguments)`. link: the parsed `name(arguments)`. room: how long a line of the block may be."""
    if not isinstance(link, cst.Call) or not isinstance(link.func, cst.Name):
        raise RewriteError(f"{op.name}({op.arguments}) is no call")
    func = parens.fix(cst.Attribute(value=parens.strip(node), attr=link.func))
    before = layout.chain_break(parens.strip(node))
    if before is not None:
        func = layout.on_own_line(func, before)
    if isinstance(before, cst.ParenthesizedWhitespace) and before.indent:
        margin = before.last_line.value
        if len(margin) + len(f".{layout.code_of(link)}") > room:
            broken = layout.over_lines(link, unit, margin, room)
            link = broken if isinstance(broken, cst.Call) else link
    return parens.around(link.with_changes(func=func), node)


def edit_call(node: cst.BaseExpression, op: EditCall, style: Style) -> cst.BaseExpression:
    """The call with other arguments. Raises RewriteError when one to remove is not there."""
    if not isinstance(node, cst.Call):
        raise RewriteError("the target is no call")
    args = list(node.args)
    before = node.whitespace_before_args
    for index in sorted({_index(args, name) for name in op.remove}, reverse=True):
        args = commas.drop(args, index)
    if not args:
        before = cst.SimpleWhitespace("")
    for keyword, source in op.set:
        args = _set(args, keyword, Template(source, style=style).expression(), before)
    for source in op.append:
        value = cst.Arg(Template(source, style=style).expression())
        args = commas.insert(args, _last_positional(args) + 1, value, before)
    return parens.fix(node.with_changes(args=args, whitespace_before_args=before))


def set_generators(node: cst.BaseExpression, generators: Sequence[int], on: bool) -> cst.BaseExpression:
    """`for` to `async for` in generators of a comprehension, or of the one that is a call's only argument."""
    if isinstance(node, cst.Call) and len(node.args) == 1 and isinstance(node.args[0].value, cst.GeneratorExp):
        inner = set_generators(node.args[0].value, generators, on)
        return node.with_changes(args=[node.args[0].with_changes(value=inner)])
    if not isinstance(node, Comprehension):
        raise RewriteError("the target is no comprehension")
    if generators and not 0 <= max(generators) < _depth(node.for_in):
        raise RewriteError(f"the comprehension has no generator {max(generators)}")
    return node.with_changes(for_in=_set_async(node.for_in, 0, frozenset(generators), on))


def _depth(loop: cst.CompFor) -> int:
    return 1 + (_depth(loop.inner_for_in) if loop.inner_for_in else 0)


def _set_async(loop: cst.CompFor, position: int, generators: frozenset[int], on: bool) -> cst.CompFor:
    inner = loop.inner_for_in and _set_async(loop.inner_for_in, position + 1, generators, on)
    changed = loop.with_changes(inner_for_in=inner)
    if position not in generators or (loop.asynchronous is not None) == on:
        return changed
    before = loop.whitespace_before
    if on and isinstance(before, cst.SimpleWhitespace) and not before.value:
        before = cst.SimpleWhitespace(" ")
    return changed.with_changes(asynchronous=cst.Asynchronous() if on else None, whitespace_before=before)


def _index(args: Sequence[cst.Arg], name: str | int) -> int:
    if isinstance(name, int):
        positional = [i for i, arg in enumerate(args) if arg.keyword is None and arg.star != "**"]
        if name < len(positional):
            return positional[name]
        raise RewriteError(f"the call has no positional argument {name}")
    for index, arg in enumerate(args):
        if arg.keyword is not None and arg.keyword.value == name:
            return index
    raise RewriteError(f"the call has no argument {name!r}")


def _last_positional(args: Sequence[cst.Arg]) -> int:
    return max((i for i, arg in enumerate(args) if arg.keyword is None and arg.star != "**"), default=-1)


def _set(
    args: list[cst.Arg], keyword: str, value: cst.BaseExpression, before: cst.BaseParenthesizableWhitespace
) -> list[cst.Arg]:
    for index, arg in enumerate(args):
        if arg.keyword is not None and arg.keyword.value == keyword:
            args[index] = arg.with_changes(value=value)
            return args
    none = cst.SimpleWhitespace("")
    equal = cst.AssignEqual(whitespace_before=none, whitespace_after=none)
    new = cst.Arg(value, keyword=cst.Name(keyword), equal=equal)
    stars = (i for i, arg in enumerate(args) if arg.star == "**")
    return commas.insert(args, next(stars, len(args)), new, before)

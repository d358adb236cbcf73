"""Edits of the head of a statement: `async`, decorators, parameters."""

from __future__ import annotations

import libcst as cst

from asyncify.model.ops import AddBase, EditDecorators, EditParameters, ForkAsync
from asyncify.rewrite import commas
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.templates import Style, Template

Piece = cst.Param | cst.ParamStar | cst.ParamSlash


def set_async(node: cst.CSTNode, on: bool, rename: str = "") -> cst.CSTNode:
    """`def`, `with` or `for` with or without `async`; a function may get another name."""
    if not isinstance(node, cst.FunctionDef | cst.With | cst.For):
        raise RewriteError("only a function, `with` or `for` can be async")
    if rename and isinstance(node, cst.FunctionDef):
        node = node.with_changes(name=cst.Name(rename))
    if (node.asynchronous is not None) == on:
        return node
    return node.with_changes(asynchronous=cst.Asynchronous() if on else None)


def fork_async(op: ForkAsync, old: cst.CSTNode, new: cst.CSTNode, style: Style) -> cst.If:
    """The function as it is after its edits with `async`, and as it was. Raises RewriteError."""
    if not isinstance(old, cst.FunctionDef) or not isinstance(new, cst.FunctionDef):
        raise RewriteError("only a function can be there twice")
    blank = cst.EmptyLine(indent=False)
    waiting = set_async(new.with_changes(leading_lines=(blank,)), on=True)
    plain = cst.ensure_type(old.deep_clone(), cst.FunctionDef).with_changes(leading_lines=(blank,))
    waiting = cst.ensure_type(waiting, cst.FunctionDef)
    whole = Template(f"if {op.test}:\n    pass\nelse:\n    pass", style=style).statements().body[0]
    assert isinstance(whole, cst.If) and isinstance(whole.orelse, cst.Else)
    otherwise = whole.orelse.with_changes(body=cst.IndentedBlock([plain]), leading_lines=(blank,))
    return whole.with_changes(body=cst.IndentedBlock([waiting]), orelse=otherwise, leading_lines=new.leading_lines)


def add_base(node: cst.CSTNode, op: AddBase, style: Style) -> cst.CSTNode:
    """The class with one more base, the first of all. Raises RewriteError for anything else."""
    if not isinstance(node, cst.ClassDef):
        raise RewriteError("only a class has bases")
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    base = cst.Arg(Template(op.base, style=style).expression())
    if node.bases or node.keywords:
        return node.with_changes(bases=[base.with_changes(comma=comma), *node.bases])
    return node.with_changes(bases=[base], lpar=cst.LeftParen(), rpar=cst.RightParen())


def edit_decorators(node: cst.CSTNode, op: EditDecorators, style: Style) -> cst.CSTNode:
    """The function or class with other decorators. Raises RewriteError for a position that is not there."""
    if not isinstance(node, cst.FunctionDef | cst.ClassDef):
        raise RewriteError("only a function or class has decorators")
    if any(not 0 <= index < len(node.decorators) for index in op.remove):
        raise RewriteError(f"there is no decorator {max(op.remove)}")
    kept: list[cst.Decorator] = []
    waiting: list[cst.EmptyLine] = []
    for index, decorator in enumerate(node.decorators):
        if index in op.remove:
            waiting += decorator.leading_lines
        else:
            kept.append(decorator.with_changes(leading_lines=(*waiting, *decorator.leading_lines)))
            waiting = []
    new = [cst.Decorator(Template(source, style=style).expression()) for source in op.add]
    return node.with_changes(
        decorators=[*new, *kept] if op.first else [*kept, *new],
        lines_after_decorators=(*waiting, *node.lines_after_decorators),
    )


def edit_parameters(node: cst.CSTNode, op: EditParameters, style: Style) -> cst.CSTNode:
    """The function with other parameters. Raises RewriteError for a name that is not there, or is already.

    A new parameter without default cannot follow one with a default: it becomes keyword-only then.
    """
    if not isinstance(node, cst.FunctionDef):
        raise RewriteError("only a function has parameters")
    pieces = _flatten(node.params)
    before: cst.BaseParenthesizableWhitespace = node.whitespace_before_params
    for name in op.remove:
        pieces = _remove(pieces, name)
    if not pieces:
        before = cst.SimpleWhitespace("")
    for source in op.add:
        pieces = _add(pieces, _parse(source, style), before)
    return node.with_changes(params=_gather(pieces), whitespace_before_params=before)


def _parse(source: str, style: Style) -> cst.Param:
    function = Template(f"def f({source}): ...", style=style).statements().body[0]
    assert isinstance(function, cst.FunctionDef)
    params = function.params
    if len(params.params) != 1 or len(_flatten(params)) != 1:
        raise RewriteError(f"{source!r} is not one parameter")
    return params.params[0]


def _flatten(params: cst.Parameters) -> list[Piece]:
    pieces: list[Piece] = list(params.posonly_params)
    if params.posonly_params:
        slash = params.posonly_ind
        pieces.append(slash if isinstance(slash, cst.ParamSlash) else cst.ParamSlash())
    pieces += params.params
    if isinstance(params.star_arg, cst.Param | cst.ParamStar):
        pieces.append(params.star_arg)
    elif params.kwonly_params:
        pieces.append(cst.ParamStar())
    pieces += params.kwonly_params
    if params.star_kwarg is not None:
        pieces.append(params.star_kwarg)
    return pieces


def _star(piece: Piece) -> str:
    return piece.star if isinstance(piece, cst.Param) and isinstance(piece.star, str) else ""


def _gather(pieces: list[Piece]) -> cst.Parameters:
    slash = next((i for i, p in enumerate(pieces) if isinstance(p, cst.ParamSlash)), -1)
    star = next((i for i, p in enumerate(pieces) if isinstance(p, cst.ParamStar) or _star(p) == "*"), len(pieces))
    double = next((i for i, p in enumerate(pieces) if _star(p) == "**"), len(pieces))
    return cst.Parameters(
        posonly_params=[p for p in pieces[: max(slash, 0)] if isinstance(p, cst.Param)],
        posonly_ind=pieces[slash] if slash >= 0 else cst.MaybeSentinel.DEFAULT,  # type: ignore[arg-type]
        params=[p for p in pieces[slash + 1 : min(star, double)] if isinstance(p, cst.Param)],
        star_arg=pieces[star] if star < len(pieces) else cst.MaybeSentinel.DEFAULT,  # type: ignore[arg-type]
        kwonly_params=[p for p in pieces[star + 1 : double] if isinstance(p, cst.Param)],
        star_kwarg=pieces[double] if double < len(pieces) else None,  # type: ignore[arg-type]
    )


def _remove(pieces: list[Piece], name: str) -> list[Piece]:
    for index, piece in enumerate(pieces):
        if isinstance(piece, cst.Param) and piece.name.value == name:
            following = pieces[index + 1] if index + 1 < len(pieces) else None
            if piece.star == "*" and isinstance(following, cst.Param) and following.star != "**":
                comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
                pieces[index] = cst.ParamStar(piece.comma if isinstance(piece.comma, cst.Comma) else comma)
            else:
                pieces = commas.drop(pieces, index)
            break
    else:
        raise RewriteError(f"the function has no parameter {name!r}")
    if pieces and isinstance(pieces[0], cst.ParamSlash):
        pieces = commas.drop(pieces, 0)
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        if isinstance(piece, cst.ParamStar) and (last or _star(pieces[index + 1]) == "**"):
            return commas.drop(pieces, index)
    return pieces


def _add(pieces: list[Piece], new: cst.Param, before: cst.BaseParenthesizableWhitespace) -> list[Piece]:
    if any(isinstance(p, cst.Param) and p.name.value == new.name.value for p in pieces):
        raise RewriteError(f"the function already has a parameter {new.name.value!r}")
    star = next((i for i, p in enumerate(pieces) if isinstance(p, cst.ParamStar) or _star(p)), len(pieces))
    last = next((p for p in reversed(pieces[:star]) if isinstance(p, cst.Param)), None)
    if new.default is None and last is not None and last.default is not None:
        if star == len(pieces) or _star(pieces[star]) == "**":
            pieces = commas.insert(pieces, star, cst.ParamStar(), before)
        star += 1
    return commas.insert(pieces, star, new, before)

"""The closed set of operations that an edit can do to one node.

A transform says *what* with these values; `asyncify.rewrite` alone knows *how* with LibCST. Templates are
Python source in which `$name` stands for a hole; `$it` is the node that is being edited. What goes into a
hole is the node *after* the edits inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from asyncify.model.span import Place, Span


@dataclass(frozen=True)
class Hole:
    """A part of the original file that a template keeps.

    name: the word after `$` in the template.
    span: the part. For a run of statements, from the start of the first to the start of `last`.
    place: an expression, or statements (the template then has `$name` alone on its line).
    last: the span of the last statement of the run; None for one statement or an expression.
    """

    name: str
    span: Span
    place: Place = Place.EXPRESSION
    last: Span | None = None


@dataclass(frozen=True)
class Replace:
    """Put the expression `template` in the place of an expression. Parentheses around it are kept, and added
    where an `await` would otherwise bind wrongly; any other precedence is the template's own care."""

    template: str
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True)
class RenameAttribute:
    """`x.old` to `x.name`, the white space and comments around the dot kept."""

    name: str


@dataclass(frozen=True)
class AppendCall:
    """`x` to `x.name(arguments)`: one more link for a chain, on a line of its own where the chain is broken
    over lines."""

    name: str
    arguments: str = ""
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True)
class EditCall:
    """Change the arguments of a call, everything else untouched.

    remove: keywords, or positions (from 0), of arguments to drop.
    set: (keyword, source) of arguments to add, or whose value to replace.
    append: source of positional arguments to add after the last positional one.
    """

    remove: tuple[str | int, ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    append: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetAsync:
    """`def` to `async def`, `with` to `async with`, `for` to `async for`, or back when `on` is False.

    The target is the statement. For the generators of a comprehension the target is the comprehension (for a
    bare generator argument, the call around it) and `generators` are their positions from 0. `rename` is the new name
    of a function (`__enter__` to `__aenter__`); empty keeps it.
    """

    on: bool = True
    generators: tuple[int, ...] = ()
    rename: str = ""


@dataclass(frozen=True)
class ForkAsync:
    """A function twice: `async def` with the edits inside it where `test` holds, else the `def` as it was."""

    test: str


@dataclass(frozen=True)
class InsertStatements:
    """Statements before or after a statement, at its indentation.

    `template` is one or more whole lines. With `inside` they go to the top of the body of the target
    (a function, class, with, ...), below its docstring.
    """

    template: str
    where: str = "after"  # "before", "after" or "inside"
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True)
class ReplaceStatement:
    """Other statements in the place of a statement; an empty template removes it. Its leading comments stay."""

    template: str = ""
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True)
class EncloseRest:
    """Other statements in the place of a statement and of all that follow it in its block, which `$rest` stands for."""

    template: str
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True)
class EditDecorators:
    """Decorators of a function or class. `add` is source without `@`, put nearest to the `def`;
    `first` puts it outermost instead. `remove` are positions from 0, top to bottom."""

    add: tuple[str, ...] = ()
    remove: tuple[int, ...] = ()
    first: bool = False


@dataclass(frozen=True)
class AddBase:
    """A class with one more base, before those that it has. `base` is source."""

    base: str


@dataclass(frozen=True)
class EditParameters:
    """Parameters of a function. `add` is source such as `db: AsyncSession`, put last among those that may be
    given by position (before any `*`); `remove` are names."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class AppendToModule:
    """Statements at the end of the module, or below its imports. The target is not looked at."""

    template: str
    where: str = "end"  # "end" or "imports"


Op = Union[  # noqa: UP007 - one name a line
    Replace,
    RenameAttribute,
    AppendCall,
    EditCall,
    SetAsync,
    ForkAsync,
    InsertStatements,
    ReplaceStatement,
    AddBase,
    EncloseRest,
    EditDecorators,
    EditParameters,
    AppendToModule,
]

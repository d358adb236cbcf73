"""A refresh of instances: one that is there, or one that is to be written."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from asyncify.analysis.expiry.flow import LOOPS
from asyncify.analysis.program import Program
from asyncify.transforms.eager.sessions import Access


@dataclass(frozen=True)
class Refresh:
    """A place where instances of one class have just been stored. name: how the instance is written there.

    call: the `refresh(...)` or a load like those that are written here, else the `commit()` or `flush()` behind which
    one is to be put. options: those that are there. pending: what waits to be flushed may be there, and is not lost:
    the guard says so.
    before: for a refresh that is still to be written, the statement before which it goes. session: where that is not
    the one of `call`. guard: a condition without which there is nothing to refresh; there: what of it says that there
    is such an instance at all. changed: the instance has changes that a `refresh()` would throw away, unless they are
    flushed. each: what one of them is called in the loop through `name`, where that is a list.
    """

    path: str
    call: ast.Call
    name: ast.expr
    is_refresh: bool
    options: ast.expr | None = None
    before: ast.stmt | None = None
    session: Access | None = None
    guard: str = ""
    there: str = ""
    pending: bool = False
    changed: bool = False
    each: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it is a `refresh(...)`, and no load."""
        return getattr(self.call.func, "attr", "") == "refresh"

    def is_behind_plain_commit(self, program: Program) -> bool:
        """Whether it is still to be put behind a `commit()`, of a session whose calls nobody awaits yet."""
        alone = isinstance(program.modules[self.path].source.parent(self.call), ast.Expr)
        return getattr(self.call.func, "attr", "") == "commit" and alone

    @property
    def line(self) -> int:
        """The line of its statement, or of the one that it goes before."""
        return self.before.lineno if self.before is not None else self.call.lineno

    @property
    def follows(self) -> int:
        """The last line that runs before it is done, or that is above it where it is still to be written."""
        return self.before.lineno - 1 if self.before is not None else self.call.lineno

    @property
    def is_new(self) -> bool:
        """Whether it is still to be written."""
        return not self.is_refresh or self.before is not None

    @property
    def start(self) -> ast.AST:
        """From where on something may be written behind it: not within the statement before which it goes, unless that
        is a loop, which comes around."""
        return self.call if self.before is None or isinstance(self.before, LOOPS) else self.before

    @property
    def flushes(self) -> bool:
        """Whether it stands behind a `flush()`, which expires nothing."""
        return not self.is_refresh and self.before is None and getattr(self.call.func, "attr", "") == "flush"

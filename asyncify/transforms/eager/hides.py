"""What `Reading` asks of who knows which columns a loading place leaves out."""

from __future__ import annotations

import ast
from typing import Protocol

from asyncify.analysis.symbols import ClassInfo


class Hides(Protocol):
    """Knows which columns the options of a loading place leave out."""

    def leaves_out(self, site: ast.AST, steps: tuple[str, ...], info: ClassInfo, name: str) -> frozenset[ast.expr]:
        """The options by which instances at the end of a path may come without a column."""
        ...

    def asked_for(self, owner: ClassInfo, name: str) -> ast.Call | None:
        """The definition of a deferred column that some option loads."""
        ...

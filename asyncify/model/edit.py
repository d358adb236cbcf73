"""One decided change, and what could not be changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from asyncify.model.ops import Op
from asyncify.model.span import Span, Target


class Safety(Enum):
    """How sure an edit is. After ruff's three words: a fix is safe, unsafe, or for display only."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, order=True)
class Import:
    """`from module import name as alias`; an empty name is `import module as alias`."""

    module: str
    name: str = ""
    alias: str = ""

    @property
    def bound(self) -> str:
        """The name that the file gets."""
        return self.alias or self.name or self.module.partition(".")[0]


@dataclass(frozen=True)
class Edit:
    """A change to one node of one Python file.

    transform: the name of the transform that decided it.
    path: the file, relative to the root, with `/`.
    target: the node.
    op: what to do to it.
    imports: what the file must import afterwards; already there is fine.
    drops: local names whose import goes when nothing in the file uses them any more.
    group: edits with the same group are applied all or not at all; empty stands alone.
    because: one sentence for the reader of the diff.
    in_kept: whether it is done in code, too, that a person keeps as it is: without it that could not run.
    """

    transform: str
    path: str
    target: Target
    op: Op
    imports: tuple[Import, ...] = ()
    drops: tuple[str, ...] = ()
    group: str = ""
    because: str = ""
    safety: Safety = Safety.SAFE
    in_kept: bool = False


@dataclass(frozen=True)
class TextEdit:
    """The new text of a file that is not Python (a manifest, a settings file), or a new file.

    before: the text that it was decided on; None where the file does not exist yet.
    """

    transform: str
    path: str
    before: str | None
    after: str
    because: str = ""
    group: str = ""


@dataclass(frozen=True)
class Finding:
    """Something seen and left alone.

    code: a short stable name of the class of the finding, such as `barrier-init`.
    message: what was seen. advice: what a person can do about it.
    span: where; None for a whole file.
    """

    transform: str
    path: str
    span: Span | None
    code: str
    message: str
    advice: str = ""
    group: str = ""

    @property
    def place(self) -> str:
        """`path:line` for people and editors."""
        return f"{self.path}:{self.span.line}" if self.span else self.path

"""What a transform is: a value with a name, a plan function and the examples that define it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from asyncify.analysis.program import Program
from asyncify.model.budget import Budget
from asyncify.model.comparison import Comparison
from asyncify.model.edit import Edit, Finding, TextEdit
from asyncify.model.tally import Subject


@dataclass(frozen=True)
class Decisions:
    """What one transform wants done to a program. subjects: what it looked for, to be counted.

    comparison: of recorded evidence with what was reasoned out, by the transform that takes it in.
    budget: the connections of the engines, by the transform that makes them.
    """

    edits: tuple[Edit, ...] = ()
    text_edits: tuple[TextEdit, ...] = ()
    findings: tuple[Finding, ...] = ()
    subjects: tuple[Subject, ...] = ()
    comparison: Comparison | None = None
    budget: Budget | None = None


@dataclass(frozen=True)
class Example:
    """A small program before and after a transform; it is a test, the documentation and `explain`.

    name: what it shows, in a few words.
    before: source of `app.py`, or path to source for several files.
    after: the same after the transform; None means that everything stays as it is.
    findings: codes of the findings that are reported, in order.
    """

    name: str
    before: str | Mapping[str, str]
    after: str | Mapping[str, str] | None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transform:
    """One kind of change.

    name: what the user types. step: the step it belongs to. summary: one sentence, for `steps` and `explain`.
    plan: decides on a program; it never edits and never reads the disk.
    """

    name: str
    step: str
    summary: str
    plan: Callable[[Program], Decisions]
    examples: tuple[Example, ...] = field(default=(), repr=False)

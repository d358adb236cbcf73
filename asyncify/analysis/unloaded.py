"""Places that read relationships which nothing has loaded: a sync session loads them there, an async one cannot."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum


class Reads(Enum):
    """How a place reads."""

    CALL = "call"  # a call reads: a schema validates, a template is rendered, a method runs
    ATTRIBUTE = "attribute"  # an attribute is read
    WRITE = "write"  # an attribute is set, and what was there is looked at
    ANSWER = "answer"  # FastAPI validates what a route returns
    TOUCH = "touch"  # an instance is handed on that may have to load its columns
    ITEMS = "items"  # an expression gives something that reads when it is iterated over
    OTHER = "other"  # anything else: nothing can be written around it


@dataclass(frozen=True)
class Unloaded:
    """One place. node: the call, attribute or returned expression.

    what: who reads what, in words. model: of an answer the response model and the file in which it is written.
    writes: of an answer, whether what is written out of it reads as well.
    attribute: of a touched instance, what is read so that it loads; there: it is sure not to be None; many: it is a
    list of instances. attributes: of an answer, what is read of the instance itself, where that is all. again: of an
    answer, whether what is read waits each time it is read. unsure: nothing is known of the object, and the method has
    the name of one that reads: it waits only where the function around it does anyway.
    """

    path: str
    node: ast.expr
    reads: Reads
    what: str
    model: tuple[ast.expr, str] | None = None
    attribute: str = ""
    writes: bool = False
    attributes: tuple[str, ...] = ()
    again: bool = False
    there: bool = False
    many: bool = False
    unsure: bool = False

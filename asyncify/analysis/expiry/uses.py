"""Uses of instances that may have to load first, and what functions leave behind."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum

from asyncify.analysis.expiry.state import Mark
from asyncify.analysis.symbols import FunctionInfo


class How(Enum):
    """How an expired instance is used."""

    READ = "read"  # an attribute is read
    CHANGED = "changed"  # `user.age += 1`
    HANDED = "handed"  # it is returned, or given to a function that may read it
    ASKED = "asked"  # another statement may give the same instance again


@dataclass(frozen=True)
class ExpiredRead:
    """A use. node: the attribute, or the instance itself; instance: the path of the instance.

    attribute: what is read, empty where that is not known. always: the statement cannot run without it.
    whole: the instance is expired, and not only the attribute. outdated: it is loaded, but a commit came after that.
    """

    function: FunctionInfo
    node: ast.expr
    instance: ast.expr
    attribute: str
    how: How
    mark: Mark
    whole: bool
    always: bool
    outdated: bool = False


@dataclass(frozen=True)
class Summary:
    """What a function leaves behind for those who hold instances of the same session. returns, raises: it may have
    expired them all when it ends so. commits: it has committed when it returns. fresh: the parameters that it has
    refreshed since. computed: attributes of parameters that the database computes, or has to once they are stored."""

    returns: bool = False
    raises: bool = False
    commits: bool = False
    fresh: frozenset[str] = frozenset()
    computed: frozenset[tuple[str, str]] = frozenset()


def nothing_differs(read: ExpiredRead) -> bool:
    """For sessions whose commits expire nothing."""
    return False

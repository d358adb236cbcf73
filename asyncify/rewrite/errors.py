"""How an edit fails inside this layer."""

from __future__ import annotations


class RewriteError(Exception):
    """One edit could not be done. It never leaves the layer: `apply` turns it into a `Failed`.

    stage: `locate`, `apply` or `verify`, as in `Failed`.
    """

    def __init__(self, message: str, stage: str = "apply") -> None:
        super().__init__(message)
        self.message = message
        self.stage = stage


class Unreadable(Exception):
    """A file that is no Python source: wrong bytes or a syntax error. The user's, not ours."""

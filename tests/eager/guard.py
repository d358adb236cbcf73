"""A pytest plugin for the test suite of an app that makes lazy loads errors.

Every relationship without a loader setting raises as soon as it needs SQL, and sessions keep what they have over a
commit, as the async sessions of a migrated app do.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.relationships import RelationshipProperty


def forbid_lazy_loads() -> None:
    """Change SQLAlchemy for the rest of this process."""
    make, start = RelationshipProperty.__init__, Session.__init__

    def relationship(self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("lazy", "select") in ("select", True):
            kwargs["lazy"] = "raise_on_sql"
        make(self, *args, **kwargs)

    def session(self: Any, *args: Any, **kwargs: Any) -> None:
        start(self, *args, **{**kwargs, "expire_on_commit": False})

    RelationshipProperty.__init__ = relationship  # type: ignore[method-assign]
    Session.__init__ = session  # type: ignore[method-assign]


forbid_lazy_loads()

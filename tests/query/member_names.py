"""Prints the public names of `Query` and of `Select`: a script for any SQLAlchemy version."""

from __future__ import annotations

import json
import sys

from sqlalchemy.orm import Query
from sqlalchemy.sql import Select


def public(kind: type) -> list[str]:
    """The public names of a class, inherited ones too."""
    return sorted(name for name in dir(kind) if not name.startswith("_"))


if __name__ == "__main__":
    json.dump({"query": public(Query), "select": public(Select)}, sys.stdout)

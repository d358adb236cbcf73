"""Functions of libraries that are given a legacy query, and as well a session and a select.

Every other function that gets a query is taken to need a query: the query stays and is reported, and runs over the
bridge after the migration. Known to be so, read in their sources: `apply_filters`, `apply_sort`, `apply_pagination` of
sqlalchemy-filters 0.13 (they look into the query's own joins), `Page` of sqlalchemy-pagination 0.0.2 (calls `all()` and
`count()`), `Filter.filter` and `Filter.sort` of fastapi-filter 3.0 (what they return runs elsewhere).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Taker:
    """A function whose first argument is a query, or a session with a select after it.

    name: its canonical name. distribution, since: the first version that takes the session and the select.
    """

    name: str
    distribution: str
    since: tuple[int, ...]


TAKERS: Mapping[str, Taker] = MappingProxyType(
    {
        taker.name: taker
        for taker in (
            # fastapi-pagination 0.16.1, overloads of paginate(); before 0.12 the other form was in `sqlalchemy_future`
            Taker("fastapi_pagination.ext.sqlalchemy.paginate", "fastapi-pagination", (0, 12)),
        )
    }
)

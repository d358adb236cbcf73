"""Functions of libraries that are given a legacy query: which of them take a select as well.

A function without a row is taken to need a query, as those of `Takes.QUERY` are known to: the query stays, is reported,
and runs over the bridge after the migration. Every row was read in the source of the version that it names, and what
it says was tried with that version and SQLAlchemy 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Takes(Enum):
    """What a function works with in the place of a query."""

    SESSION_AND_SELECT = "a session, and a select after it"
    SELECT = "a select, to which it adds something and gives it back"
    QUERY = "nothing else"


@dataclass(frozen=True)
class Taker:
    """A function whose argument is a query.

    name: its canonical name; that of a method begins with its class. distribution: the package to install. takes: what
    it works with besides a query. since: the oldest version that was read and does so. read: the newest version.
    instead: what a person can do, where it works with nothing else.
    """

    name: str
    distribution: str
    takes: Takes
    since: tuple[int, ...]
    read: str
    instead: str = ""

    @property
    def owner(self) -> str:
        """The class of a method; of a function its module."""
        return self.name.rpartition(".")[0]

    @property
    def method(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]


_LIMITED = "Write limit(), offset() and a count by hand, for a select."
_BUILT = "Add what it adds by hand, to a select."


def _index(takers: Iterable[Taker]) -> Mapping[str, Taker]:
    found: dict[str, Taker] = {}
    for taker in takers:
        if taker.name in found:
            raise ValueError(f"two rows for {taker.name}")
        found[taker.name] = taker
    return MappingProxyType(found)


TAKERS: Mapping[str, Taker] = _index(
    (
        # ext/sqlalchemy.py, the overloads of paginate(); in 0.11.4 only `sqlalchemy_future` takes a session
        Taker(
            "fastapi_pagination.ext.sqlalchemy.paginate",
            "fastapi-pagination",
            Takes.SESSION_AND_SELECT,
            (0, 12),
            "0.16.1",
        ),
        # contrib/sqlalchemy/filter.py: only calls filter() and order_by(); the same code in 0.6.1, 1.0.0 and 2.0.1
        Taker("fastapi_filter.contrib.sqlalchemy.Filter.filter", "fastapi-filter", Takes.SELECT, (0, 6, 1), "3.0.0"),
        Taker("fastapi_filter.contrib.sqlalchemy.Filter.sort", "fastapi-filter", Takes.SELECT, (0, 6, 1), "3.0.0"),
        # __init__.py: column_descriptions, filter(), order_by(), params(); 1.0 reads `_entities` of a Query instead
        Taker("sqlalchemy_searchable.search", "sqlalchemy-searchable", Takes.SELECT, (1, 4, 1), "3.0.0"),
        # models.py, get_query_models(): `query._compile_state()`, which a Select has not
        Taker("sqlalchemy_filters.apply_filters", "sqlalchemy-filters", Takes.QUERY, (), "0.13.0", _BUILT),
        Taker("sqlalchemy_filters.apply_sort", "sqlalchemy-filters", Takes.QUERY, (), "0.13.0", _BUILT),
        Taker("sqlalchemy_filters.apply_loads", "sqlalchemy-filters", Takes.QUERY, (), "0.13.0", _BUILT),
        # pagination.py: `query.count()`
        Taker("sqlalchemy_filters.apply_pagination", "sqlalchemy-filters", Takes.QUERY, (), "0.13.0", _LIMITED),
        # __init__.py: `query.all()` and `query.count()`
        Taker("sqlalchemy_pagination.paginate", "sqlalchemy-pagination", Takes.QUERY, (), "0.0.2", _LIMITED),
        # paging.py, orm_get_page(): `q.session`, `q.all()`. select_page() gives rows where this gives entities
        Taker(
            "sqlakeyset.get_page",
            "sqlakeyset",
            Takes.QUERY,
            (),
            "2.0.1787969905",
            "Use select_page() of sqlakeyset.asyncio, which gives rows, with one entity in each.",
        ),
        # __init__.py: slices and `count()`; the wrapper for selects calls `alias().count()`, which SQLAlchemy 2 has not
        Taker("paginate_sqlalchemy.SqlalchemyOrmPage", "paginate-sqlalchemy", Takes.QUERY, (), "0.3.1", _LIMITED),
    )
)

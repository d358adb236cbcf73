"""Database URLs as text: from the sync driver to the async one, everything else byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass

from asyncify.knowledge.drivers import (
    ArgumentFate,
    AsyncDriver,
    Choice,
    async_driver,
    async_drivername,
    sync_driver,
)

_SCHEME = re.compile(r"(?P<drivername>[A-Za-z][\w+]*)://")
# As in sqlalchemy.engine.url: a password may hold `?` and `/`, so the query starts behind the last `@` of the
# authority.
_AUTHORITY = re.compile(r"(?:[^:/?]*(?::[^@]*)?@)?")


@dataclass(frozen=True)
class LostArgument:
    """A query argument that leaves the URL. advice: what `connect_args` needs instead, if anything."""

    key: str
    value: str
    advice: str = ""


@dataclass(frozen=True)
class UrlChange:
    """The async form of a URL. lost: what is no longer said in it, in order."""

    text: str
    drivername: str
    lost: tuple[LostArgument, ...] = ()

    @property
    def faithful(self) -> bool:
        """Whether the new URL says all that mattered in the old one."""
        return not any(argument.advice for argument in self.lost)


def url_drivername(url: str) -> str | None:
    """What stands before `://`, if the text starts like a URL."""
    match = _SCHEME.match(url)
    return match["drivername"] if match else None


def is_sync_url(url: str) -> bool:
    """Whether the text is a URL that `create_async_engine` would refuse, or read differently by version."""
    name = url_drivername(url)
    return name is not None and sync_driver(name) is not None


def url_change(url: str, preferred: Choice | None = None) -> UrlChange | None:
    """The async form of a sync database URL.

    url: the text of a URL or of its beginning (the first constant part of an f-string will do).
    preferred: see `choose_drivers`.
    Returns None when there is nothing to do, the text is no database URL, the driver has no async form, or
    the async driver must know something that the URL does not say (`SyncDriver.gap`).
    """
    name = url_drivername(url)
    if name is None:
        return None
    row, target = sync_driver(name), async_driver(async_drivername(name, preferred) or "")
    if target is None or (row is not None and row.gap):
        return None
    rest = url[len(name) :]
    start = _query_start(rest)
    query, lost = _translate(rest[start:], target)
    head = rest[:start] if query or not rest[start:] else rest[: start - 1]  # no `?` in front of nothing
    text = target.drivername + head + query
    return None if text == url else UrlChange(text, target.drivername, lost)


def async_url_text(url: str, preferred: Choice | None = None) -> str | None:
    """The text of `url_change`; None when nothing changes. `url_change(...).lost` says what it drops."""
    change = url_change(url, preferred)
    return change.text if change else None


def _query_start(rest: str) -> int:
    """The offset just behind the `?` of the query, or the length of the text. `rest` starts with `://`."""
    authority = _AUTHORITY.match(rest, 3)
    mark = rest.find("?", authority.end() if authority else 3)
    return mark + 1 if mark >= 0 else len(rest)


def _translate(query: str, target: AsyncDriver) -> tuple[str, tuple[LostArgument, ...]]:
    """The query for another driver, and what it no longer says."""
    kept: list[str] = []
    lost: list[LostArgument] = []
    for part in query.split("&") if query else []:
        key, equals, value = part.partition("=")
        row = target.argument(key)
        if row is None:
            kept.append(part)
        elif row.fate is ArgumentFate.RENAMED:
            kept.append(row.becomes + equals + value)
        else:
            lost.append(LostArgument(key, value, row.becomes))
    return "&".join(kept), tuple(lost)

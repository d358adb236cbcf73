"""When two outcomes are the same, and the table of what may differ, with reasons."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .conversion import Fate

Outcome = Mapping[str, Any]


@dataclass(frozen=True)
class Different:
    """A part of SQL that says the same in two ways. found is put as `to` before statements are compared."""

    why: str
    found: re.Pattern[str]
    to: str = ""


def _row(why: str, found: str, to: str = "") -> Different:
    return Different(why, re.compile(found), to)


#: applied one after another to each statement of both forms
SQL: tuple[Different, ...] = (
    _row(
        "drivers write parameters in their own way, some with a type", r"(%\(\w+\)s|\$\d+|%s|:\w+)(::\w+(\[\])?)?", "?"
    ),
    _row("psycopg writes a percent sign twice", r"%%", "%"),
    _row("labels: Query names each column after its table, a select does not", r" AS \w+"),
    _row("labels inside of a subquery follow", r"\banon_\d+\.\w+", "anon"),
    _row(
        "of a subquery with a name too: the numbers tell columns of one name apart",
        r"(?<=\bsub\.)([a-z]+)_\d+\b",
        r"\1",
    ),
)

#: an alias that SQLAlchemy names: it counts them in the order in which it comes by them, which is another one where
#: columns have other labels
ALIAS = re.compile(r"\b([a-z]+)_(\d+)(?=\.)")


@dataclass(frozen=True)
class Excuse:
    """Cases whose SQL may differ by more. pattern: what their source has."""

    why: str
    pattern: re.Pattern[str]


#: what a select has within EXISTS for the 1 of a Query, where a result is SQL
EXISTS = re.compile(r"EXISTS \(SELECT [\w., ]+")

#: sources whose SQL differs by more than the table above
OTHER_SQL: tuple[Excuse, ...] = (
    Excuse("count() of one entity needs no subquery", re.compile(r"\.count\(\)")),
    Excuse("EXISTS (SELECT 1 ...) of Query is EXISTS (SELECT columns ...) of a select", re.compile(r"exists\(\)")),
    Excuse(
        "Query selects from a set operation, a select is one", re.compile(r"\.(union|union_all|intersect|except_)\(")
    ),
    Excuse("Query sends nothing for an empty slice", re.compile(r"\[2:2\]")),
)

#: what programs handle. Other errors say that SQLAlchemy or the database refuses the legacy form: no program has it
RESULT_ERRORS = frozenset({"NoResultFound", "MultipleResultsFound", "IndexError"})


def refused(legacy: Outcome) -> bool:
    """Whether the legacy form of a case is an error itself."""
    return legacy["error"] is not None and not RESULT_ERRORS & set(legacy["error"])


def differences(source: str, fate: Fate, outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """What is not the same in the converted and the async form of a case."""
    legacy = outcomes["legacy"]
    if refused(legacy):
        return
    for form in ("converted", "async"):
        new = outcomes[form]
        if fate is Fate.REPORTED and form == "async":
            continue
        if _is_refused_later(source, legacy, new):
            continue
        if new["error"] != legacy["error"]:
            yield f"{form}: error {legacy['error']} -> {new['error']} {new['result'] if new['error'] else ''}"
        elif legacy["error"] is None and _shown(new["result"]) != _shown(legacy["result"]):
            yield f"{form}: result {_shown(legacy['result'])} -> {_shown(new['result'])}"
        elif new["rows"] != legacy["rows"]:
            yield f"{form}: rows {legacy['rows']} -> {new['rows']}"
        elif not any(e.pattern.search(source) for e in OTHER_SQL):
            old, now = [list(map(_statement, o["sql"])) for o in (legacy, new)]
            if "subqueryload" in source:  # SQLAlchemy 1.4 sends those in any order
                old, now = old[:1] + sorted(old[1:]), now[:1] + sorted(now[1:])
            if old != now:
                yield (
                    f"{form}: sql\n    " + "\n    ".join(map(str, old)) + "\n  ->\n    " + "\n    ".join(map(str, now))
                )


def _is_refused_later(source: str, legacy: Outcome, new: Outcome) -> bool:
    """Whether SQLAlchemy refuses what a Query is never asked for: it does not even compile itself for `[2:2]`, and
    loader options that contradict each other it only sees where it loads what they are about."""
    empty = "[2:2]" in source and not legacy["sql"]
    return refused(new) and (empty or "oader strateg" in str(new["result"]))


def _statement(sent: tuple[str, str]) -> tuple[str, str]:
    text, parameters = sent
    for row in SQL:
        text = row.found.sub(row.to, text)
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    text = ALIAS.sub(lambda m: f"{m[1]}_{numbers[m[1]].setdefault(m[2], len(numbers[m[1]]) + 1)}", text)
    return " ".join(text.split()), parameters


def _shown(result: Any) -> Any:
    """A result without what may differ: the keys of rows whose columns have no name, or one name together."""
    if isinstance(result, list):
        if len(result) == 3 and result[0] == "row":
            return ["row", _shown(result[2])]
        return [_shown(r) for r in result]
    return EXISTS.sub("EXISTS (SELECT", result) if isinstance(result, str) else result

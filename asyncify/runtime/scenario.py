"""`demo.toml` of an app: what fills its database, and who asks its routes.

prepare = [["-m", "scripts.seed"]]      # Python commands, run before the first start

[visitors.customer]                     # headers; each route is asked as each visitor, and without headers
Authorization = "Bearer abc"

[[requests]]                            # sent in this order after the first start, so that there is data
as = "customer"                         # may be left out
method = "POST"
path = "/orders"
json = { sku = "A-1" }                  # or `form`, or neither
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asyncify.analysis.manifests.toml_text import loads
from asyncify.model.errors import UsageError

FILE = "demo.toml"


@dataclass(frozen=True)
class Request:
    """A request that makes data. visitor: who sends it, empty for nobody in particular."""

    method: str
    path: str
    visitor: str = ""
    json: Any = None
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Scenario:
    """What `demo.toml` says; nothing where there is none."""

    prepare: tuple[tuple[str, ...], ...] = ()
    visitors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    requests: tuple[Request, ...] = ()


def load_scenario(folder: Path) -> Scenario:
    """The scenario of an app. Raises `UsageError` for a file that does not have the form above."""
    file = folder / FILE
    if not file.is_file():
        return Scenario()
    try:
        table: dict[str, Any] = loads(file.read_text("utf-8"))
        return _scenario(**table)
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{file} is not as it should be: {error}") from None


def _scenario(
    prepare: Sequence[Sequence[str]] = (),
    visitors: Mapping[str, Mapping[str, str]] | None = None,
    requests: Sequence[Mapping[str, Any]] = (),
) -> Scenario:
    known = {name: dict(headers) for name, headers in (visitors or {}).items()}
    sent = tuple(Request(**{"visitor" if key == "as" else key: value for key, value in r.items()}) for r in requests)
    unknown = next((r.visitor for r in sent if r.visitor and r.visitor not in known), None)
    if unknown is not None:
        raise ValueError(f"there is no visitor {unknown!r}")
    return Scenario(tuple(tuple(command) for command in prepare), known, sent)

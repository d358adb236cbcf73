"""`connect_args={...}` in the words of the async driver.

The keys are those of the rows for query arguments of a URL (`knowledge/drivers.py`): both end as arguments of the
driver's `connect()`.
"""

from __future__ import annotations

import ast
import re

from asyncify.analysis.source import SourceFile
from asyncify.knowledge.drivers import ArgumentFate, AsyncDriver
from asyncify.model.ops import Hole, Replace

#: key of libpq -> key of asyncpg with the same value. Source: asyncpg `connect()`; libpq "Parameter Key Words"
SAME_VALUE = {"connect_timeout": "timeout"}
#: keys whose value is a setting of the server
SETTINGS = {"application_name": "application_name", "fallback_application_name": "application_name"}
_OPTION = re.compile(r"-c\s*([\w.]+)=((?:\\.|\S)+)")


def converted(
    source: SourceFile, node: ast.Dict, driver: AsyncDriver
) -> tuple[Replace | None, tuple[tuple[str, str], ...]]:
    """The dict for the async driver (None where it stays), and the keys that it cannot translate, each with advice."""
    pairs: list[str] = []
    settings: list[str] = []
    holes: list[Hole] = []
    advice: list[tuple[str, str]] = []
    changed = False
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        hole = Hole(f"v{index}", source.span(value))
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        row = driver.argument(name)
        if row is None:
            holes.append(hole)
            if key is None:
                pairs.append(f"**$v{index}")
            else:
                holes.append(Hole(f"k{index}", source.span(key)))
                pairs.append(f"$k{index}: $v{index}")
            continue
        options = _options(value) if name == "options" else None
        if row.fate is ArgumentFate.DROPPED:
            changed = True
        elif row.fate is ArgumentFate.RENAMED or name in SAME_VALUE:
            changed = True
            holes.append(hole)
            pairs.append(f'"{SAME_VALUE.get(name, row.becomes)}": $v{index}')
        elif name in SETTINGS:
            changed = True
            holes.append(hole)
            settings.append(f'"{SETTINGS[name]}": $v{index}')
        elif options is not None:
            changed = True
            settings += [f'"{k}": "{v}"' for k, v in options]
        else:
            advice.append((name, row.becomes))
            holes.append(hole)
            pairs.append(f'"{name}": $v{index}')
    if settings:
        pairs.append(f'"server_settings": {{{", ".join(settings)}}}')
    return (Replace(f"{{{', '.join(pairs)}}}", tuple(holes)) if changed else None), tuple(advice)


def _options(node: ast.expr) -> list[tuple[str, str]] | None:
    """The settings of `-c name=value -c name=value`; None where the text holds anything else."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    if _OPTION.sub("", node.value).strip() or '"' in node.value:
        return None
    return [(k, re.sub(r"\\(.)", r"\1", v)) for k, v in _OPTION.findall(node.value)]

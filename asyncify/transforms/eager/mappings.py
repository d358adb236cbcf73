"""What mappings load by themselves once they say so: server defaults, deferred columns."""

from __future__ import annotations

from asyncify.analysis.symbols import ClassInfo
from asyncify.model.edit import Edit
from asyncify.model.evidence import LoadKind
from asyncify.transforms.eager.defaults import plan_defaults
from asyncify.transforms.eager.deferred import plan_deferred
from asyncify.transforms.eager.reading import Reading

MAPPINGS = {LoadKind.FETCHED: plan_defaults, LoadKind.DEFERRED: plan_deferred}


def plan_mappings(reading: Reading) -> tuple[list[Edit], dict[tuple[ClassInfo, str], LoadKind]]:
    """Edits of mappings, and the columns that are loaded then."""
    edits: list[Edit] = []
    mapped: dict[tuple[ClassInfo, str], LoadKind] = {}
    for kind, plan in MAPPINGS.items():
        for edit, helped in plan(reading.program, reading):
            edits.append(edit)
            mapped.update(dict.fromkeys(helped, kind))
    return edits, mapped

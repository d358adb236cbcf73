"""Paths from what is refreshed that lead back to it: whether a refresh may load them, and whether it has to."""

from __future__ import annotations

import ast

from asyncify.transforms.eager.circles import comes_back, leads_back
from asyncify.transforms.eager.created import Created, Refresh
from asyncify.transforms.eager.reading import Reading, Steps
from asyncify.transforms.eager.refreshing import Refreshing


class Returning:
    """Decides it for paths that are read behind a refresh."""

    def __init__(self, reading: Reading, created: Created, refreshing: Refreshing) -> None:
        self._reading = reading
        self._created = created
        self._refreshing = refreshing

    def empties(self, place: Refresh, steps: Steps) -> bool:
        """Whether a load in the place of a refresh would empty on a path what it has filled."""
        return comes_back(self._reading.program, self._refreshing.stored_class(place), steps)

    def is_there(self, site: ast.AST, place: Refresh, steps: Steps) -> bool:
        """Whether a path goes back to where it began, and on to what is read behind the refresh anyhow."""
        every = self._reading.paths[site].items()
        later = {s for s, found in every if any(self._created.is_above(place.call, place.path, r) for r in found)}
        return leads_back(self._reading.program, self._refreshing.stored_class(place), steps, later)

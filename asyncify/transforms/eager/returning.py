"""Paths from what is refreshed that lead back to it: whether a refresh may load them, and whether it has to."""

from __future__ import annotations

import ast
from functools import lru_cache

from asyncify.analysis.joined_rows import JOINED
from asyncify.analysis.orm import Relationship
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.circles import comes_back, crossed, leads_back, meets, outlives
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.reading import Reading, Steps
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.refreshing import Refreshing
from asyncify.transforms.eager.several import is_apart


class Returning:
    """Decides it for paths that are read behind a refresh."""

    def __init__(self, reading: Reading, created: Created, refreshing: Refreshing) -> None:
        self._reading = reading
        self._created = created
        self._refreshing = refreshing
        # asked for each reader, and paths by the thousand may be read behind one refresh
        self.empties = lru_cache(maxsize=None)(self._empties)
        self._later = lru_cache(maxsize=None)(self._read_behind)
        self._crossed = lru_cache(maxsize=None)(self._crossed_behind)

    def _empties(self, site: ast.AST, place: Refresh, steps: Steps) -> bool:
        """Whether a load in the place of a refresh would empty on a path what it has filled, or by what the mapping
        joins to the elements of a collection: `Item.shop` with `lazy="joined"` meets the shop whose items are loaded,
        and leaves of the shop nothing but these. Another path may do so, too: `post.comments.author`, of
        `post.author.roles`."""
        program, info = self._reading.program, self._refreshing.stored_class(place)
        if comes_back(program, info, steps):
            return True
        later = self._later(site, place)
        if meets(program, info, self._crossed(site, place), steps):
            return True
        read = {path[0] for path in later}
        return any(
            name != steps[0] and (name in read or one.lazy in EAGER_SETTINGS) and self._joins(one, info)
            for name, one in program.orm.relationships(info).items()
        )

    def _joins(self, collection: Relationship, owner: ClassInfo) -> bool:
        """Whether the mapping joins owners like that of a collection to its elements."""
        program, element = self._reading.program, collection.target
        apart = is_apart(program, collection) and element is not None
        found = program.orm.relationships(element).values() if apart and element is not None else ()
        return any(r.lazy in JOINED and r.target and program.classes.are_kin(r.target, owner) for r in found)

    def is_there(self, site: ast.AST, place: Refresh, steps: Steps) -> bool:
        """Whether a path goes back to where it began, and on to what is read behind the refresh anyhow, and loaded by
        it: what leads up a tree may be awaited where it is read, and that may come later."""
        info = self._refreshing.stored_class(place)
        later = {path for path in self._later(site, place) if not self._refreshing.goes_up(info, path[0])}
        program, paths = self._reading.program, self._reading.paths[site]
        return leads_back(program, info, steps, later) and not outlives(program, info, steps, paths)

    def _crossed_behind(self, site: ast.AST, place: Refresh) -> dict[ClassInfo, set[Steps]]:
        """What the statements of collections load that are read behind a refresh."""
        return crossed(self._reading.program, self._refreshing.stored_class(place), self._later(site, place))

    def _read_behind(self, site: ast.AST, place: Refresh) -> set[Steps]:
        """The paths that are read behind a refresh."""
        every = self._reading.paths[site].items()
        return {s for s, found in every if any(self._created.is_above(place.call, place.path, r) for r in found)}

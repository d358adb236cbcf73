"""What the SQLAlchemy of a project can do, as far as queries and selects depend on it."""

from __future__ import annotations

from dataclasses import dataclass

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program

#: what only SQLAlchemy 2.0 has
SINCE_2 = frozenset({"Mapped", "mapped_column", "DeclarativeBase", "MappedAsDataclass"})


@dataclass(frozen=True)
class SqlAlchemy:
    """The version that a project is on.

    version: as a manifest or lock file says, or what the code uses proves; None where nothing tells, which is taken
    for 2.x. lowest: the lowest that the manifests admit.
    Source of the versions: SQLAlchemy 1.4 changelog ("Session.scalars" is of 1.4.24) and 2.0 migration notes.
    """

    version: tuple[int, ...] | None
    lowest: tuple[int, ...] | None

    @classmethod
    def of(cls, program: Program) -> SqlAlchemy:
        """Find it."""
        if any(SINCE_2 & module.imports.keys() for module in program.modules.values()):
            return cls((2, 0), (2, 0))
        project = read_dependencies(program.workspace.files)
        return cls(project.sqlalchemy, project.version("sqlalchemy"))

    @property
    def has_selects_of_entities(self) -> bool:
        """Whether a session executes `select(Model)`."""
        return self.version is None or self.version >= (1, 4)

    @property
    def has_session_scalars(self) -> bool:
        """Whether sessions have the method `scalars`. Where only the series is known, an install gives the latest, and
        so does leaving a version before 1.4."""
        version = self.version
        return version is None or len(version) < 3 or version < (1, 4) or version >= (1, 4, 24)

    @property
    def exports_select(self) -> bool:
        """Whether the class `Select` is surely in the package `sqlalchemy` itself."""
        return self.lowest is not None and self.lowest >= (2,)

    @property
    def is_before_2(self) -> bool:
        """Whether queries still do what 2.0 took away, such as joining by name."""
        return self.version is not None and self.version < (2,)

"""Which async driver a project gets for each backend; the same answer for every transform that asks."""

from __future__ import annotations

from asyncify.analysis.manifests import ProjectDependencies, read_dependencies
from asyncify.analysis.program import Program
from asyncify.knowledge.drivers import Choice, choose_drivers, preference


def project_choice(project: ProjectDependencies, driver: str = "") -> Choice:
    """The async driver of each backend, by what the project lists and what its configuration asks for.

    driver: such as `asyncpg`, from `[tool.asyncify]`; empty to choose.
    """
    return choose_drivers(project.listed, project.sqlalchemy, preference(driver))


def driver_choice(program: Program) -> Choice:
    """The same for a program."""
    return project_choice(read_dependencies(program.workspace.files), program.config.driver)

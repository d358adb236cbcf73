"""Which requirements each manifest is to get, and beside which of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from asyncify.analysis.manifests import MAIN, Form, Manifest, ProjectDependencies, Requirement
from asyncify.knowledge.drivers import AsyncDriver, async_driver, sync_packages
from asyncify.knowledge.packages import (
    AIOSQLITE_BEFORE,
    AIOSQLITE_FIXED_IN,
    BRINGS_HTTPX,
    BRINGS_SQLALCHEMY,
    HTTP_CLIENTS,
    KEEPS_LOOP,
    SQLALCHEMY_EXTRAS,
    asyncio_plugin,
)
from asyncify.knowledge.session_libraries import ASYNC_PACKAGE, SYNC_PACKAGE
from asyncify.transforms.settings.needs import Needs
from asyncify.transforms.settings.splices import NewRequirement


def without_asyncio(manifest: Manifest) -> Iterator[Requirement]:
    """The requirements of SQLAlchemy that do not bring greenlet."""
    for requirement in manifest.find("sqlalchemy"):
        if requirement.form is not Form.CONDA and "greenlet" not in brought_by(requirement):
            yield requirement


def brought_by(requirement: Requirement) -> Iterator[str]:
    """The packages that the extras of a requirement of SQLAlchemy bring."""
    if requirement.name == "sqlalchemy":
        for extra in requirement.extras:
            yield from SQLALCHEMY_EXTRAS.get(extra.lower().replace("_", "-"), ())


def new_requirements(project: ProjectDependencies, manifest: Manifest, needs: Needs) -> tuple[NewRequirement, ...]:
    """What one manifest is to get, in the order to write it."""
    wishes = [
        *_sqlalchemy(project, manifest),
        *(w for name in needs.drivers for w in _driver(project, manifest, name, _homes(manifest))),
        *(w for name in needs.test_drivers for w in _driver(project, manifest, name, _test_homes(project, manifest))),
        *(_session_library(project, manifest) if needs.session_library else ()),
        *_test_packages(project, manifest, needs),
    ]
    return tuple(dict.fromkeys(wishes))


def _sqlalchemy(project: ProjectDependencies, manifest: Manifest) -> Iterator[NewRequirement]:
    """`sqlalchemy[asyncio]` beside a package that brings SQLAlchemy without it; greenlet for conda."""
    together = (manifest, *project.related(manifest))
    for anchor in _first_of_groups(manifest, lambda r: r.name in BRINGS_SQLALCHEMY):
        if not any(m.find("sqlalchemy") for m in together):
            yield NewRequirement(anchor, "sqlalchemy", ("asyncio",))
    for anchor in manifest.find("sqlalchemy"):
        if anchor.form is Form.CONDA and not manifest.find("greenlet"):
            yield NewRequirement(anchor, "greenlet")


def _session_library(project: ProjectDependencies, manifest: Manifest) -> Iterator[NewRequirement]:
    for anchor in _first_of_groups(manifest, lambda r: r.name == SYNC_PACKAGE):
        if not _there(manifest, project.related(manifest), anchor.group, ASYNC_PACKAGE):
            yield NewRequirement(anchor, ASYNC_PACKAGE)


def _driver(
    project: ProjectDependencies, manifest: Manifest, drivername: str, homes: tuple[Requirement, ...]
) -> Iterator[NewRequirement]:
    row = async_driver(drivername)
    if row is None:
        return
    related = project.related(manifest)
    sync = sync_packages(row.backend)
    beside = tuple(_first_of_groups(manifest, lambda r: r.name in sync))
    if not beside and any(m.find(*sync) for m in related):
        return  # it goes beside the sync driver, in the file that has that
    for anchor in beside or homes:
        if not _there(manifest, related, anchor.group, row.package):
            yield NewRequirement(anchor, row.package, _extras(row, anchor), _versions(project, row, anchor))


def _extras(row: AsyncDriver, anchor: Requirement) -> tuple[str, ...]:
    # psycopg2 is compiled against the libpq of the machine, so psycopg finds it too; nothing else promises it
    return ("binary",) if row.package == "psycopg" and anchor.name != "psycopg2" else ()


def _versions(project: ProjectDependencies, row: AsyncDriver, anchor: Requirement) -> str:
    """The versions to ask for: a bound where one is needed, or where the file writes versions anyway."""
    newest = project.ceiling("sqlalchemy")
    if row.package == "aiosqlite" and newest and newest < AIOSQLITE_FIXED_IN:
        return AIOSQLITE_BEFORE
    return row.requires if anchor.specifier else ""


def _test_packages(project: ProjectDependencies, manifest: Manifest, needs: Needs) -> Iterator[NewRequirement]:
    related = project.related(manifest)
    for anchor in _pytests(manifest):
        plugin = asyncio_plugin(project.ceiling("pytest", beside="pytest-asyncio"), project.python)
        listed = _there(manifest, related, anchor.group, "pytest-asyncio")
        if needs.pytest_asyncio and plugin and not listed:
            keeps = f">={'.'.join(map(str, KEEPS_LOOP))}" if plugin.loop_scopes and needs.own_loops else ""
            yield NewRequirement(anchor, "pytest-asyncio", (), keeps or plugin.requires)
        if needs.http_client and not brings_http_client(project):
            yield NewRequirement(anchor, needs.http_client)


def brings_http_client(project: ProjectDependencies) -> bool:
    """Whether some manifest brings httpx, by itself or through an extra of the framework."""
    through = any(project.has_extra(name, *extras) for name, extras in BRINGS_HTTPX.items())
    return through or any(project.has(name) for name in HTTP_CLIENTS)


def _homes(manifest: Manifest) -> tuple[Requirement, ...]:
    """Where a driver goes that has no sync counterpart in the file: beside SQLAlchemy."""
    names = {"sqlalchemy"} if manifest.find("sqlalchemy") else BRINGS_SQLALCHEMY
    return tuple(_first_of_groups(manifest, lambda r: r.name in names))


def _test_homes(project: ProjectDependencies, manifest: Manifest) -> tuple[Requirement, ...]:
    """Beside pytest; where no manifest of the project has that, beside SQLAlchemy."""
    tested = any(next(_pytests(m), None) for m in project.manifests)
    return tuple(_pytests(manifest)) if tested else _homes(manifest)


def _pytests(manifest: Manifest) -> Iterator[Requirement]:
    """pytest in each group that has it, else the first of its plugins."""
    exact = tuple(_first_of_groups(manifest, lambda r: r.name == "pytest"))
    yield from exact or _first_of_groups(manifest, lambda r: r.name.startswith("pytest-"))


def _first_of_groups(manifest: Manifest, wanted: Callable[[Requirement], bool]) -> Iterator[Requirement]:
    """The first requirement that is wanted, of each group."""
    seen: set[str] = set()
    for requirement in manifest.requirements:
        if requirement.group not in seen and wanted(requirement):
            seen.add(requirement.group)
            yield requirement


def _there(manifest: Manifest, related: Iterable[Manifest], group: str, name: str) -> bool:
    """Whether who installs this group of the manifest gets the package."""
    near = [r for r in manifest.requirements if r.group in (group, MAIN)]
    near += [r for m in related for r in m.requirements]
    return any(r.name == name or name in brought_by(r) for r in near)

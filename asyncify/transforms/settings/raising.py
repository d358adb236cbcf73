"""Versions that the project asks for, and that are too old for what is written."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from asyncify.analysis.manifests import Manifest, ProjectDependencies, Requirement
from asyncify.analysis.manifests.project import read_manifest
from asyncify.knowledge.packages import KEEPS_LOOP, asyncio_plugin
from asyncify.transforms.settings.needs import Needs
from asyncify.transforms.settings.splices import Splice, apply_splices, raise_bound, set_specifier

PLUGIN = "pytest-asyncio"


def raised(project: ProjectDependencies, manifest: Manifest, needs: Needs) -> tuple[Manifest, tuple[str, ...]]:
    """The manifest with versions that the new code runs on, and what it asks for now that it did not; the same
    manifest where it does so already."""
    found: list[str] = []
    splices: list[Splice] = []
    if needs.sqlalchemy and project.sqlalchemy is not None and project.sqlalchemy >= (2, 0):
        of_sqlalchemy = [s for r in manifest.find("sqlalchemy") if (s := raise_bound(manifest, r, needs.sqlalchemy))]
        splices += of_sqlalchemy
        found += [f"sqlalchemy>={needs.sqlalchemy}"] if of_sqlalchemy else []
    lowest = lowest_plugin(project, needs)
    for requirement in _too_old(project, manifest, lowest):
        splice = set_specifier(manifest, requirement, f">={lowest}")
        splices += [splice] if splice else []
        found += [f"{PLUGIN}>={lowest}"] if splice else []
    try:
        after = read_manifest(manifest, apply_splices(manifest.text, splices)) if splices else manifest
    except ValueError:
        return manifest, ()
    return after, tuple(dict.fromkeys(found))


def raises_plugin(project: ProjectDependencies, manifest: Manifest, needs: Needs) -> bool:
    """Whether a manifest asks for a newer pytest-asyncio now."""
    return any(one.startswith(PLUGIN) for one in raised(project, manifest, needs)[1])


def lowest_plugin(project: ProjectDependencies, needs: Needs) -> str:
    """The first pytest-asyncio that runs the new tests on one loop; empty where none does with the project's pytest."""
    plugin = asyncio_plugin(project.ceiling("pytest", beside=PLUGIN), project.python)
    if not needs.pytest_asyncio or plugin is None or not plugin.loop_scopes:
        return ""
    return ".".join(map(str, KEEPS_LOOP)) if needs.own_loops else plugin.requires.removeprefix(">=")


def _too_old(project: ProjectDependencies, manifest: Manifest, lowest: str) -> Iterator[Requirement]:
    """The requirements of the plugin that admit none but older versions."""
    newest = project.ceiling(PLUGIN)
    if not lowest or newest is None or newest >= tuple(map(int, lowest.split("."))):
        return
    for requirement in manifest.find(PLUGIN):
        try:
            admits = SpecifierSet(requirement.specifier).contains(lowest)
        except InvalidSpecifier:
            continue
        if not admits:
            yield requirement

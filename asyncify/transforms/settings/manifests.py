"""Plan the new text of every manifest, and say what a person must run afterwards."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from asyncify.analysis.manifests import Form, Kind, Manifest, ProjectDependencies, Requirement
from asyncify.analysis.manifests.project import read_manifest
from asyncify.knowledge.drivers import async_driver
from asyncify.knowledge.packages import (
    AIOMYSQL_UP_TO,
    AIOSQLITE_BEFORE,
    AIOSQLITE_FIXED_IN,
    BRINGS_SQLALCHEMY,
    KEEPS_LOOP,
    asyncio_plugin,
)
from asyncify.model.edit import Finding, TextEdit
from asyncify.model.span import Span
from asyncify.transforms.settings.needs import Needs
from asyncify.transforms.settings.raising import PLUGIN, raised, raises_plugin
from asyncify.transforms.settings.splices import NewRequirement, add_extra, add_requirement, apply_splices
from asyncify.transforms.settings.wishes import brings_http_client, new_requirements, without_asyncio

NAME = "settings"


def plan_manifests(project: ProjectDependencies, needs: Needs) -> tuple[tuple[TextEdit, ...], tuple[Finding, ...]]:
    """The edits and findings for all manifests and lock files of a project.

    Every manifest with SQLAlchemy, a sync driver or pytest gets what belongs beside it. Sync drivers stay:
    Alembic and workers may need them.
    """
    if not needs.asyncio:
        return (), ()
    if project.sqlalchemy and project.sqlalchemy < (1, 4):
        return (), (_too_old(project, project.sqlalchemy),)
    edits: list[TextEdit] = []
    findings: list[Finding] = []
    for manifest in project.manifests:
        edit, found = _plan_one(project, manifest, needs)
        edits += [edit] if edit else []
        findings += found
    edited = {edit.path for edit in edits}
    raising = any(raises_plugin(project, m, needs) for m in project.manifests if m.path in edited)
    findings += [*_without_place(project, needs), *_versions(project, needs, raising), *_locks(project, needs, raising)]
    return tuple(edits), tuple(findings)


def _plan_one(project: ProjectDependencies, manifest: Manifest, needs: Needs) -> tuple[TextEdit | None, list[Finding]]:
    old = manifest
    manifest, newer = raised(project, old, needs)
    extend = tuple(without_asyncio(manifest))
    new = new_requirements(project, manifest, needs)
    if not extend and not new and manifest is old:
        return None, []
    wanted = [*("sqlalchemy[asyncio]" for _ in extend[:1]), *(n.pep508 for n in new), *newer]
    if any(r.hashed for r in manifest.requirements):
        advice = f"run `{manifest.generated}`" if manifest.generated else "write the hashes anew"
        return None, [_needs(manifest, "settings-hashed", wanted, "its lines carry hashes", advice)]
    text, failed = _new_text(manifest, extend, new)
    findings = [_needs(manifest, "settings-form", [what], "its form has no room for it", "") for what in failed]
    if text is None:
        return None, [_needs(manifest, "settings-form", wanted, "its text is not understood", "")]
    if text == old.text:
        return None, findings
    if manifest.generated:
        findings.append(
            Finding(
                NAME,
                manifest.path,
                None,
                "settings-generated",
                f"a file that `{manifest.generated}` wrote was changed by hand",
                f"run `{manifest.generated}` for exact versions",
            )
        )
    because = f"async code needs {', '.join(wanted)}"
    return TextEdit(NAME, manifest.path, old.text, text, because), findings


def _new_text(
    manifest: Manifest, extend: tuple[Requirement, ...], new: tuple[NewRequirement, ...]
) -> tuple[str | None, list[str]]:
    """The new text and what had no room. None for the text when reading it does not give what was asked."""
    splices = []
    failed = []
    expected = {(r.name, r.group) for r in manifest.requirements}
    for requirement in extend:
        splice = add_extra(manifest, requirement, "asyncio")
        splices += [splice] if splice else []
        failed += [] if splice else ["sqlalchemy[asyncio]"]
    for one in new:
        splice = add_requirement(manifest, one)
        splices += [splice] if splice else []
        failed += [] if splice else [one.pep508]
        expected |= {(one.name, one.anchor.group)} if splice else set()
    text = apply_splices(manifest.text, splices)
    try:
        after = read_manifest(manifest, text)
    except ValueError:
        return None, failed
    done = {(r.name, r.group) for r in after.requirements} == expected
    left = sum(1 for _ in without_asyncio(after)) == failed.count("sqlalchemy[asyncio]")
    return (text if done and left else None), failed


def _needs(manifest: Manifest, code: str, wanted: list[str], why: str, advice: str) -> Finding:
    anchors = manifest.find("sqlalchemy") or manifest.requirements
    line = anchors[0].line if anchors else 1
    message = f"needs {', '.join(wanted)}, but {why}"
    return Finding(NAME, manifest.path, Span(line, 0, line, 0), code, message, advice or "add it by hand")


def unread(project: ProjectDependencies) -> list[Finding]:
    """A finding for each manifest that could not be read."""
    advice = "add the async packages by hand"
    return [
        Finding(NAME, path, None, "settings-unread", f"not read: {reason}", advice) for path, reason in project.unread
    ]


def _too_old(project: ProjectDependencies, version: tuple[int, ...]) -> Finding:
    message = f"SQLAlchemy {_dotted(version)} has no asyncio extension"
    path = _home(project, "sqlalchemy")
    return Finding(NAME, path, None, "settings-version", message, "go to SQLAlchemy 1.4 or later first")


def _home(project: ProjectDependencies, name: str) -> str:
    """The first manifest that lists a package, else the first of all."""
    listing = [m.path for m in project.manifests if m.find(name)]
    return next(iter([*listing, *(m.path for m in project.manifests)]), ".")


def _packages(needs: Needs) -> Mapping[str, str]:
    """Package to why it is needed."""
    found = {row.package: f"`{name}`" for name in needs.drivers if (row := async_driver(name))}
    found |= {row.package: f"`{name}` in tests" for name in needs.test_drivers if (row := async_driver(name))}
    return found | ({"pytest-asyncio": "async tests"} if needs.pytest_asyncio else {})


def _without_place(project: ProjectDependencies, needs: Needs) -> Iterator[Finding]:
    """Packages that no manifest has a place for."""
    path = project.manifests[0].path if project.manifests else "."
    homes = {"sqlalchemy", *BRINGS_SQLALCHEMY} & project.listed
    tests = {name for name in project.listed if name == "pytest" or name.startswith("pytest-")}
    for package, why in _packages(needs).items():
        placed = homes | tests if package in _test_only(needs) else homes
        placed = tests if package == "pytest-asyncio" else placed
        if not placed and not project.has(package):
            yield _no_place(path, package, why, _old_fits(project, package))
    if needs.http_client and not tests and not brings_http_client(project):
        yield _no_place(path, needs.http_client, "`AsyncClient` in tests")


def _test_only(needs: Needs) -> set[str]:
    return {row.package for name in needs.test_drivers if (row := async_driver(name))}


def _old_fits(project: ProjectDependencies, package: str) -> str:
    """Which versions of a package an old SQLAlchemy takes, where no file says which one there is."""
    newest = project.ceiling("sqlalchemy")
    if package != "aiosqlite" or (newest is not None and newest >= AIOSQLITE_FIXED_IN):
        return ""
    return f", with SQLAlchemy before {_dotted(AIOSQLITE_FIXED_IN)} {package}{AIOSQLITE_BEFORE}"


def _no_place(path: str, package: str, why: str, versions: str = "") -> Finding:
    message = f"{package} is needed for {why}, and no file lists what it belongs to"
    return Finding(NAME, path, None, "settings-no-place", message, f"install {package}{versions}")


def _versions(project: ProjectDependencies, needs: Needs, raising: bool) -> Iterator[Finding]:
    """Versions that async code cannot run on. raising: a newer pytest-asyncio is asked for from now on."""
    path = _home(project, "sqlalchemy")
    for backend in needs.missing:
        message = f"there is no async driver for {backend} with this SQLAlchemy"
        yield Finding(NAME, path, None, "settings-no-driver", message, "go to SQLAlchemy 2.0.25 or later first")
    pymysql = project.ceiling("pymysql")
    if any(name.endswith("+aiomysql") for name in needs.drivers) and (pymysql is None or pymysql > AIOMYSQL_UP_TO):
        message = "aiomysql 0.3 sends no bytes with PyMySQL 1.2.1 and later"
        yield Finding(NAME, path, None, "settings-version", message, "ask for PyMySQL<=1.2.0, or take asyncmy")
    if not needs.pytest_asyncio or raising:
        return
    path = _home(project, "pytest")
    newest, listed = project.ceiling("pytest", beside="pytest-asyncio"), project.exact("pytest-asyncio")
    plugin = asyncio_plugin(newest, project.python)
    if plugin is None:
        message = f"pytest {_dotted(newest or ())} is too old for pytest-asyncio"
        yield Finding(NAME, path, None, "settings-version", message, "go to pytest 8.2 or later")
    elif not plugin.loop_scopes or (listed and listed < (0, 26)):
        message = "this pytest-asyncio cannot run all tests on one event loop"
        lowest = _dotted(KEEPS_LOOP) if needs.own_loops else "0.26"
        advice = f"go to pytest 8.2, pytest-asyncio {lowest}"
        yield Finding(NAME, path, None, "settings-version", message, advice)
    elif needs.own_loops and listed and listed < KEEPS_LOOP:
        message = "this pytest-asyncio has no loop for the tests behind one that runs a loop of its own"
        yield Finding(NAME, path, None, "settings-version", message, f"go to pytest-asyncio {_dotted(KEEPS_LOOP)}")


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _locks(project: ProjectDependencies, needs: Needs, raising: bool) -> Iterator[Finding]:
    """Lock files that lack something which is needed, or have an older one."""
    wanted = {*_packages(needs), "greenlet"}
    for lock in project.locks:
        old = {PLUGIN} & lock.versions.keys() if raising else set()
        missing = sorted((wanted - lock.versions.keys()) | old)
        beside = posixpath.dirname(lock.path)
        manifests = [m for m in project.manifests if posixpath.dirname(m.path) == beside]
        if missing and any(m.kind in (Kind.PYPROJECT, Kind.PIPFILE) and _holds(m) for m in manifests):
            message = f"does not hold {', '.join(f'a newer {n}' if n in old else n for n in missing)}"
            yield Finding(NAME, lock.path, None, "settings-lock", message, f"run `{lock.command}`")


def _holds(manifest: Manifest) -> bool:
    return any(r.form is not Form.CONDA for r in manifest.find("sqlalchemy", *BRINGS_SQLALCHEMY, "pytest"))

"""All manifests and lock files of a repository, and the questions that the transforms ask of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from asyncify.analysis.manifests.line_files import read_conda, read_ini, read_requirements
from asyncify.analysis.manifests.locks import current, read_lock
from asyncify.analysis.manifests.model import LockFile, Manifest
from asyncify.analysis.manifests.setup_py import read_setup_py
from asyncify.analysis.manifests.toml_files import read_toml
from asyncify.model.text import decode_text

_REQUIREMENTS = re.compile(r"(^|.*/)([^/]*requirements[^/]*|requirements/[^/]+)\.(txt|in)")
_CONSTRAINTS = re.compile(r"(^|.*/)constraints?[^/]*\.txt")
_CONDA = re.compile(r"environment[^/]*\.ya?ml")
_BY_NAME: Mapping[str, Callable[[str, str], Manifest]] = {
    "pyproject.toml": read_toml,
    "Pipfile": read_toml,
    "setup.cfg": read_ini,
    "tox.ini": read_ini,
    "setup.py": read_setup_py,
}
#: Series of SQLAlchemy that a specifier can mean, the likeliest first: an open `>=1.4` installs 2.x.
_SQLALCHEMY_SERIES = ((2, 0), (2, 1), (1, 4), (1, 3))


@dataclass(frozen=True)
class ProjectDependencies:
    """What a repository depends on.

    manifests, locks: sorted by path. unread: (path, reason) of manifests that could not be read.
    """

    manifests: tuple[Manifest, ...]
    locks: tuple[LockFile, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()

    @cached_property
    def listed(self) -> frozenset[str]:
        """Normalised names of everything that some manifest lists."""
        return frozenset(r.name for m in self.manifests for r in m.requirements)

    def has(self, name: str) -> bool:
        """Whether some manifest lists the package (normalised name)."""
        return name in self.listed

    def has_extra(self, name: str, *extras: str) -> bool:
        """Whether some manifest asks for one of these extras of the package."""
        found = (r for m in self.manifests for r in m.find(name))
        return any(extra in r.extras for r in found for extra in extras)

    def specifiers(self, name: str) -> tuple[SpecifierSet, ...]:
        """What the manifests say about the versions of a package, empty ones left out."""
        texts = dict.fromkeys(r.specifier for m in self.manifests for r in m.find(name) if r.specifier)
        return tuple(SpecifierSet(text) for text in texts)

    def exact(self, name: str) -> tuple[int, ...] | None:
        """The version that a lock file or a pin names; of several, the lowest."""
        texts = [lock.versions[name] for lock in self.locks if name in lock.versions]
        for specifiers in self.specifiers(name):
            texts += [s.version for s in specifiers if s.operator in ("==", "===")]
        versions = [v for text in texts if (v := _release(text)) is not None]
        return min(versions, default=None)

    def version(self, name: str) -> tuple[int, ...] | None:
        """The exact version, else the lowest that the manifests admit; None where nothing says."""
        lowest = [
            v
            for specifiers in self.specifiers(name)
            for s in specifiers
            if s.operator in (">=", "~=", ">") and (v := _release(s.version)) is not None
        ]
        return self.exact(name) or min(lowest, default=None)

    def ceiling(self, name: str, beside: str = "") -> tuple[int, ...] | None:
        """The highest version that an install can give, 99 for an open last number; None: without bound.

        beside: a package that must come along. A lock file without it is made anew, and bounds nothing.
        """
        bounds = [v for spec in self.specifiers(name) for s in spec if (v := _highest(s)) is not None]
        locks = [k for k in self.locks if not beside or beside in k.versions]
        locked = [v for k in locks if name in k.versions and (v := _release(k.versions[name]))]
        return min(locked or bounds, default=None)

    @property
    def sqlalchemy(self) -> tuple[int, ...] | None:
        """The version of SQLAlchemy: exact as far as that is known, else the series that an install gives."""
        exact = self.exact("sqlalchemy")
        said = self.specifiers("sqlalchemy")
        if exact or not said:
            return exact
        return next((s for s in _SQLALCHEMY_SERIES if all(_admits(spec, s) for spec in said)), None)

    @property
    def python(self) -> tuple[int, ...] | None:
        """The oldest Python that the project supports."""
        found = [v for m in self.manifests if m.python and (v := _lowest(m.python)) is not None]
        return min(found, default=None)

    @property
    def pytest(self) -> tuple[int, ...] | None:
        """The version of pytest, if something pins or bounds it."""
        return self.version("pytest")

    @property
    def fastapi(self) -> tuple[int, ...] | None:
        """The version of FastAPI, if something pins or bounds it."""
        return self.version("fastapi")

    @property
    def http_client(self) -> str | None:
        """`httpx2` or `httpx`, whichever is listed."""
        return next((name for name in ("httpx2", "httpx") if self.has(name)), None)

    @property
    def has_pytest_asyncio(self) -> bool:
        """Whether pytest-asyncio is listed."""
        return self.has("pytest-asyncio")

    @property
    def has_anyio(self) -> bool:
        """Whether anyio, whose pytest plugin it brings, is listed by itself."""
        return self.has("anyio")

    def related(self, manifest: Manifest) -> tuple[Manifest, ...]:
        """The other manifests that are installed together with this one: included by it or including it."""
        by_path = {m.path: m for m in self.manifests}
        seen: dict[str, Manifest] = {}
        todo = [manifest]
        while todo:
            one = todo.pop()
            near = [by_path[p] for p in one.includes if p in by_path]
            near += [m for m in self.manifests if one.path in m.includes]
            for other in near:
                if other.path not in seen and other.path != manifest.path:
                    seen[other.path] = other
                    todo.append(other)
        return tuple(seen[path] for path in sorted(seen))


def read_dependencies(files: Mapping[str, bytes]) -> ProjectDependencies:
    """All manifests and lock files among the files of a workspace. Never raises: see `unread`."""
    manifests: list[Manifest] = []
    locks: list[LockFile] = []
    unread: list[tuple[str, str]] = []
    included: set[str] = set()
    for path in sorted(files):
        reader = _reader(path)
        try:
            if reader:
                manifests.append(reader(path, decode_text(files[path])))
                included.update(manifests[-1].includes)
            elif lock := read_lock(path, files[path].decode()) if _may_lock(path) else None:
                locks.append(lock)
        except UnicodeDecodeError:
            unread.append((path, "it is not UTF-8 text"))
        except ValueError as error:
            unread.append((path, str(error)))
    for path in sorted(included & files.keys() - {m.path for m in manifests}):
        manifests.append(read_requirements(path, files[path].decode(errors="replace")))
    locks = [current(lock, manifests) for lock in locks]
    return ProjectDependencies(tuple(sorted(manifests, key=lambda m: m.path)), tuple(locks), tuple(unread))


def read_manifest(manifest: Manifest, text: str) -> Manifest:
    """The same file with other text. Raises ValueError when that is not readable."""
    return (_reader(manifest.path) or read_requirements)(manifest.path, text)


def _reader(path: str) -> Callable[[str, str], Manifest] | None:
    name = posixpath.basename(path)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if _REQUIREMENTS.fullmatch(path) and not _CONSTRAINTS.fullmatch(path):
        return read_requirements
    return read_conda if _CONDA.fullmatch(name) else None


def _may_lock(path: str) -> bool:
    return path.endswith((".lock", "pylock.toml"))


def _release(text: str) -> tuple[int, ...] | None:
    try:
        return Version(text.removesuffix(".*")).release
    except InvalidVersion:
        return None


def _highest(specifier: Specifier) -> tuple[int, ...] | None:
    """The upper end of one clause of a specifier: `<8` is (7, 99), `~=2.0.3` and `==2.0.*` are (2, 0, 99)."""
    release = _release(specifier.version)
    if release is None or specifier.operator not in ("==", "===", "<", "<=", "~="):
        return None
    if specifier.operator == "<":
        while release[-1] == 0 and len(release) > 1:
            release = release[:-1]
        return (*release[:-1], release[-1] - 1, 99)
    if specifier.operator == "~=":
        return (*release[:-1], 99)
    return (*release, 99) if specifier.version.endswith(".*") else release


def _lowest(text: str) -> tuple[int, ...] | None:
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    found = [v for s in specifiers if s.operator in (">=", "~=", "==", ">") and (v := _release(s.version))]
    return max(found, default=None)


def _admits(specifiers: SpecifierSet, series: tuple[int, int]) -> bool:
    """Whether some patch release of the series fits; no series has had 100 of them."""
    return any(specifiers.contains(f"{series[0]}.{series[1]}.{patch}") for patch in range(100))

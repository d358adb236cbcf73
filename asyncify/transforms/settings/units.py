"""A repository may hold several projects, each with its own manifests; what one needs is nothing to the others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from asyncify.analysis.manifests import Manifest, ProjectDependencies
from asyncify.knowledge.packages import BRINGS_SQLALCHEMY

#: code that the migration may concern
_CONCERNED = re.compile(rb"\basync\s+def\b|\bsqlalchemy\b|\bsqlmodel\b|\bAsyncClient\b")
_SQLALCHEMY = ("sqlalchemy", *sorted(BRINGS_SQLALCHEMY))


def units(
    project: ProjectDependencies, files: Mapping[str, bytes]
) -> list[tuple[ProjectDependencies, Mapping[str, bytes]]]:
    """The projects of a repository: the manifests and files of each, by folder.

    A project starts at a folder whose manifests list SQLAlchemy, and ends where another one starts. What lies
    outside of all belongs to all, except manifests of other folders; those above a project count where it does
    not list pytest itself. A repository without such a folder is one project. What a folder below a project lists for
    code that has nothing async in it is left out.
    """
    roots = sorted({_folder(m.path) for m in project.manifests if m.find(*_SQLALCHEMY)})
    if not roots:
        return [(project, files)]
    found: list[tuple[ProjectDependencies, Mapping[str, bytes]]] = []
    for root in roots:
        apart = _apart(project, files, root)
        own = tuple(
            m for m in project.manifests if _root(_folder(m.path), roots) == root and _folder(m.path) not in apart
        )
        above = tuple(m for m in project.manifests if m not in own and _above(m, root, roots))
        if any(_tested(m) for m in own):
            above = ()
        manifests = tuple(sorted((*own, *above), key=lambda m: m.path))
        locks = tuple(
            k
            for k in project.locks
            if _root(folder := posixpath.dirname(k.path), roots) in (root, None) and folder not in apart
        )
        mine = {path: data for path, data in files.items() if _root(path, roots) in (root, None)}
        found.append((replace(project, manifests=manifests, locks=locks, unread=()), mine))
    return found


def _apart(project: ProjectDependencies, files: Mapping[str, bytes], root: str) -> frozenset[str]:
    """The folders below a root that have manifests and code of their own, which neither waits nor uses SQLAlchemy."""
    folders = {_folder(m.path) for m in project.manifests if not m.find(*_SQLALCHEMY)} - {root}
    code = {folder: [d for p, d in files.items() if p.endswith(".py") and _inside(p, folder)] for folder in folders}
    return frozenset(f for f in folders if _inside(f, root) and code[f] and not any(map(_CONCERNED.search, code[f])))


def _folder(path: str) -> str:
    """The folder that a manifest speaks for: `requirements/dev.txt` speaks for the one above."""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) == "requirements" else folder


def _root(path: str, roots: Collection[str]) -> str | None:
    """The deepest root that holds the path."""
    return max((r for r in roots if _inside(path, r)), key=len, default=None)


def _inside(path: str, folder: str) -> bool:
    return folder in ("", path) or path.startswith(folder + "/")


def _above(manifest: Manifest, root: str, roots: Collection[str]) -> bool:
    folder = _folder(manifest.path)
    return _root(folder, roots) is None and _inside(root, folder)


def _tested(manifest: Manifest) -> bool:
    return any(r.name == "pytest" or r.name.startswith("pytest-") for r in manifest.requirements)

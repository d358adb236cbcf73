"""Which file an import means, without knowing `sys.path`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

#: libraries whose names people also give to folders of their own
LIBRARIES = frozenset("alembic fastapi httpx jinja2 pydantic pytest sqlalchemy sqlmodel starlette".split())
#: the usual names of folders with tests
TESTS = frozenset({"test", "tests"})


@dataclass(frozen=True)
class _Candidate:
    """A file or folder that a name may mean. root: the folder from which it is imported then."""

    path: str
    root: tuple[str, ...]
    rank: tuple[int, int]


class ModuleIndex:
    """Finds files by dotted name.

    A repository seldom says what its import roots are (`src/`, `backend/`, a test root, several apps), so any
    folder may be one: `app.db` is the file whose path ends in `app/db.py`, and of several the one nearest to
    the file that imports it. imports: files with dotted names that they import. Those that mean one file only say
    which folders are roots: where such a root has the name too, a package inside of it is none, nor one of tests.
    """

    def __init__(self, paths: Iterable[str], imports: Iterable[tuple[str, str]] = ()) -> None:
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        self._folders: dict[str, list[str]] = defaultdict(list)
        self.paths = frozenset(paths)
        self._known: dict[tuple[str, str], str | None] = {}
        for path in sorted(self.paths):
            parts = PurePosixPath(path).with_suffix("").parts
            name = parts[:-1] if parts[-1] == "__init__" else parts
            if name:
                self._by_tail[name[-1]].append(path)
        folders = {str(parent) for p in self.paths for parent in PurePosixPath(p).parents if str(parent) != "."}
        for folder in sorted(folders):
            if f"{folder}/__init__.py" not in self.paths:
                self._folders[PurePosixPath(folder).name].append(folder)
        self._roots: frozenset[tuple[str, ...]] = frozenset()
        self._roots = frozenset(self._proven(imports))

    def find(self, dotted: str, importer: str) -> str | None:
        """The file of a module, or a folder with a trailing `/` for a package without `__init__.py`, or None
        where it is not part of the repository."""
        key = (dotted, importer.rpartition("/")[0])
        if key not in self._known:
            self._known[key] = self._find(dotted, importer)
        return self._known[key]

    def _find(self, dotted: str, importer: str) -> str | None:
        parts = tuple(dotted.split("."))
        best = self._nearest(parts, importer, self._by_tail.get(parts[-1], ()), is_file=True)
        if parts[0] in LIBRARIES:  # a plain folder never hides an installed package
            return best
        folder = self._nearest(parts, importer, self._folders.get(parts[-1], ()), is_file=False)
        if folder is not None and (best is None or self._hides(folder, best, len(parts))):
            return f"{folder}/"
        return best

    def _hides(self, folder: str, file: str, length: int) -> bool:
        """Whether a folder in a proven root is meant, and not a file in what is hardly one."""
        own = PurePosixPath(file).with_suffix("").parts
        root = (own[:-1] if own[-1] == "__init__" else own)[:-length]
        above = PurePosixPath(folder).parts[:-length]
        return above in self._roots and root not in self._roots and self._is_none(root, [above])

    def relative(self, importer: str, level: int, dotted: str) -> str | None:
        """The file of `from ..dotted import x` written in `importer`; `level` is the number of dots."""
        folder = PurePosixPath(importer).parent
        for _ in range(level - 1):
            folder = folder.parent
        base = folder.joinpath(*dotted.split(".")) if dotted else folder
        for candidate in (f"{base}.py", f"{base}/__init__.py"):
            if PurePosixPath(candidate).as_posix() in self.paths and (dotted or "__init__" in candidate):
                return PurePosixPath(candidate).as_posix()
        prefix = "" if str(base) == "." else f"{base}/"
        return prefix or "./" if any(p.startswith(prefix) for p in self.paths) else None

    def child(self, package: str, name: str) -> str | None:
        """The submodule `name` of a package given as its `__init__.py` or as a folder with `/`."""
        folder = package.removesuffix("__init__.py") if package.endswith("__init__.py") else package
        folder = "" if folder == "./" else folder
        if package.endswith(".py") and not package.endswith("__init__.py"):
            return None
        for candidate in (f"{folder}{name}.py", f"{folder}{name}/__init__.py"):
            if candidate in self.paths:
                return candidate
        inner = f"{folder}{name}/"
        return inner if any(p.startswith(inner) for p in self.paths) else None

    def _proven(self, imports: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
        """The folders from which modules inside of packages are imported, where nothing else can be meant."""
        for importer, dotted in imports:
            parts = tuple(dotted.split("."))
            found = list(self._candidates(parts, importer, self._by_tail.get(parts[-1], ()), is_file=True))
            if len(parts) > 1 and len(found) == 1:
                yield found[0].root

    def _nearest(
        self, parts: tuple[str, ...], importer: str, candidates: Iterable[str], *, is_file: bool
    ) -> str | None:
        found = list(self._candidates(parts, importer, candidates, is_file=is_file))
        roots = [c.root for c in found if c.root in self._roots]
        best: _Candidate | None = None
        for candidate in found:
            if roots and candidate.root not in roots and self._is_none(candidate.root, roots):
                continue
            if best is None or candidate.rank > best.rank:
                best = candidate
        return best.path if best else None

    def _is_none(self, root: tuple[str, ...], proven: list[tuple[str, ...]]) -> bool:
        """Whether a folder is hardly an import root beside those that are: a package inside of one, or of tests."""
        inside = any(root[: len(other)] == other for other in proven) or not TESTS.isdisjoint(root)
        return inside and "/".join((*root, "__init__.py")) in self.paths

    def _candidates(
        self, parts: tuple[str, ...], importer: str, candidates: Iterable[str], *, is_file: bool
    ) -> Iterator[_Candidate]:
        here = PurePosixPath(importer).parts
        for path in candidates:
            own = PurePosixPath(path).with_suffix("").parts if is_file else PurePosixPath(path).parts
            own = own[:-1] if is_file and own[-1] == "__init__" else own
            if own[-len(parts) :] != parts:
                continue
            root = own[: len(own) - len(parts)]
            if parts[0] in LIBRARIES and "/".join((*root, "__init__.py")) in self.paths:
                continue  # a part of a package that is called like a library: no import root, so not what is meant
            # an import root is above the importer, or beside it (`src/`); a stray folder of the same name
            # elsewhere, deeper than any common ancestor allows, is no candidate for a plain third-party name
            common = 0
            for mine, theirs in zip(root, here, strict=False):
                if mine != theirs:
                    break
                common += 1
            below = len(root) - common
            if below > 1 or (below == 1 and len(parts) == 1 and root[-1] not in ("src", "lib")):
                continue
            yield _Candidate(path, root, (common - below, -len(root)))

"""Which pydantic reads the schemas of a program: 1 or 2."""

from __future__ import annotations

import ast

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.knowledge.pydantic_versions import MODULES_OF_2, ONLY_IN_2, REFUSED_BY_2

#: What FastAPI can work with. Source: FastAPI release notes, 0.100.0, "Support for Pydantic v2".
_KNOWS_PYDANTIC_2 = (0, 100)
_CONFIG = "model_config"
#: Settings of schemas by one version and the other. Source: pydantic "Migration Guide", "Changes to config".
_OLD, _NEW = frozenset({"orm_mode"}), frozenset({"from_attributes", "populate_by_name", "json_schema_extra", _CONFIG})


def is_pydantic_1(program: Program) -> bool:
    """Whether schemas are read from objects as pydantic 1 is told to: pydantic 2 does not know `orm_mode` any more.

    Code that is half moved has both: then it is what an install gives, and without a manifest the newer one.
    """
    told = _settings(program)
    if not told & _OLD:
        return False
    major = _installed(program)
    return not told & _NEW if major is None else major < 2


def installs_pydantic_1(program: Program) -> bool:
    """Whether the manifests keep pydantic below 2, or the program does, which pydantic 2 could not import."""
    return _installed(program) == 1


def _settings(program: Program) -> frozenset[str]:
    """What the `Config` classes of schemas set, and whether a schema has settings of the newer kind."""
    return frozenset(
        name.id
        for module in program.modules.values()
        for node in module.source.nodes_of(ast.ClassDef)
        for stmt in node.body
        if isinstance(stmt, ast.Assign)
        for name in stmt.targets
        if isinstance(name, ast.Name) and (node.name == "Config" or name.id == _CONFIG)
    )


def _installed(program: Program) -> int | None:
    """The major version that the manifests give, None where they list neither pydantic nor FastAPI.

    Where they leave it open, the newest version that the program works with.
    """
    project = read_dependencies(program.workspace.files)
    exact, highest = project.exact("pydantic"), project.ceiling("pydantic")
    if exact or highest:
        return (exact or highest or ())[0]
    if (project.version("pydantic") or ()) < (2,) and _is_refused_by_2(program):
        return 1
    if not project.has("pydantic") and not project.has("fastapi"):
        return None
    fastapi = project.exact("fastapi") or project.ceiling("fastapi")
    return 1 if fastapi is not None and fastapi < _KNOWS_PYDANTIC_2 else 2


def _is_refused_by_2(program: Program) -> bool:
    """Whether a file imports, without condition, what pydantic 2 has no more, and none what pydantic 1 has not yet."""
    found = frozenset(
        f"{stmt.module}.{alias.name}"
        for module in program.modules.values()
        for stmt in module.source.tree.body
        if isinstance(stmt, ast.ImportFrom) and stmt.module and not stmt.level
        for alias in stmt.names
    )
    newer = found & ONLY_IN_2 or any(name.startswith(MODULES_OF_2) for name in found)
    return bool(found & REFUSED_BY_2) and not newer and not _settings(program) & _NEW

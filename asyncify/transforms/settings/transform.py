"""`settings`: what the async program needs around its code."""

from __future__ import annotations

from collections.abc import Mapping

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.transforms.base import Decisions, Example, Transform
from asyncify.transforms.settings.choice import project_choice
from asyncify.transforms.settings.env_files import NAME, plan_env_files
from asyncify.transforms.settings.manifests import plan_manifests
from asyncify.transforms.settings.needs import needs_of
from asyncify.transforms.settings.url_helper import HELPER_NAME

_APP = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///./app.db")
"""

EXAMPLES = (
    Example(
        "the async extra and the driver, where SQLAlchemy stands",
        {"app.py": _APP, "requirements.txt": "fastapi==0.115.0\nsqlalchemy==2.0.48  # orm\n"},
        {
            "app.py": _APP,
            "requirements.txt": "fastapi==0.115.0\nsqlalchemy[asyncio]==2.0.48  # orm\naiosqlite>=0.17\n",
        },
    ),
    Example(
        "a poetry project",
        {"app.py": _APP, "pyproject.toml": '[tool.poetry.dependencies]\nsqlalchemy = "^2.0"\n'},
        {
            "app.py": _APP,
            "pyproject.toml": "[tool.poetry.dependencies]\n"
            'sqlalchemy = {extras = ["asyncio"], version = "^2.0"}\naiosqlite = ">=0.17"\n',
        },
    ),
    Example(
        "a program without an async engine",
        {"app.py": "import sqlalchemy\n", "requirements.txt": "sqlalchemy\n"},
        None,
    ),
)


def plan(program: Program) -> Decisions:
    """Decide on manifests and files of environment variables of a whole program."""
    return decide(program.workspace.files, program.config.driver)


def decide(files: Mapping[str, bytes], driver: str = "") -> Decisions:
    """The same by the files and the configured driver alone.

    No variable of an environment file is rewritten here: which of them feed only the async engine is known to
    who wrote that engine. Where the app converts URLs as it starts, sync ones are right and not reported.
    """
    project = read_dependencies(files)
    choice = project_choice(project, driver)
    needs = needs_of(files, choice)
    if not needs.asyncio:
        return Decisions()
    edits, findings = plan_manifests(project, needs)
    at_run_time = any(HELPER_NAME.encode() in data for path, data in files.items() if path.endswith(".py"))
    env_edits, env_findings = ((), ()) if at_run_time else plan_env_files(files, (), choice)
    return Decisions((), (*edits, *env_edits), (*findings, *env_findings))


SETTINGS = Transform(
    NAME,
    "settings",
    "Adds async drivers, sqlalchemy[asyncio] and test packages to every dependency file.",
    plan,
    EXAMPLES,
)

"""`settings`: what the async program needs around its code."""

from __future__ import annotations

from collections.abc import Mapping

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.model.edit import Finding, TextEdit
from asyncify.model.text import DOCUMENTS, decode_text, encode_text
from asyncify.transforms.base import Decisions, Example, Transform
from asyncify.transforms.settings.choice import project_choice
from asyncify.transforms.settings.documents import told_in_documents
from asyncify.transforms.settings.env_files import NAME, plan_env_files
from asyncify.transforms.settings.install_commands import with_packages
from asyncify.transforms.settings.manifests import plan_manifests, unread
from asyncify.transforms.settings.needs import needs_of
from asyncify.transforms.settings.poolers import pooled
from asyncify.transforms.settings.units import units
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
        "commands that install by name",
        {"app.py": _APP, "Dockerfile": "FROM python:3.12\nRUN pip install --no-cache-dir fastapi sqlalchemy\n"},
        {
            "app.py": _APP,
            "Dockerfile": "FROM python:3.12\n"
            "RUN pip install --no-cache-dir fastapi 'sqlalchemy[asyncio]' aiosqlite\n",
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
    current = dict(files)
    findings: list[Finding] = []
    for number in range(len(units(project, files))):
        # One after the other, each on what the one before left: two projects may share a manifest above them.
        part, own_files = units(read_dependencies(current), current)[number]
        needs = needs_of(own_files, part.listed, choice)
        edits, found = plan_manifests(part, needs)
        current.update({edit.path: encode_text(edit.after, current.get(edit.path, b"")) for edit in edits})
        if needs.asyncio:
            more = with_packages({p: current[p] for p in own_files}, needs)
            if not part.manifests and any(not path.endswith(DOCUMENTS) for path in more):
                found = tuple(f for f in found if f.code != "settings-no-place")  # the commands are the place
            current.update({p: encode_text(text, current[p]) for p, text in more.items()})
            findings += [*found, *pooled(own_files, needs), *told_in_documents(own_files)]
        if needs.asyncio and not _converts_at_run_time(own_files):
            findings += plan_env_files(own_files, (), choice)[1]
    changed = [path for path in sorted(files) if current[path] != files[path]]
    findings += unread(project) if changed or findings else []
    return Decisions((), tuple(_edit(files, current, p) for p in changed), tuple(dict.fromkeys(findings)))


def _converts_at_run_time(files: Mapping[str, bytes]) -> bool:
    return any(HELPER_NAME.encode() in data for path, data in files.items() if path.endswith(".py"))


def _edit(files: Mapping[str, bytes], current: Mapping[str, bytes], path: str) -> TextEdit:
    because = "the async program needs sqlalchemy[asyncio], its driver, and what its tests use"
    return TextEdit(NAME, path, decode_text(files[path]), decode_text(current[path]), because)


SETTINGS = Transform(
    NAME,
    "settings",
    "Adds async drivers, sqlalchemy[asyncio] and test packages to every dependency file and `pip install`.",
    plan,
    EXAMPLES,
)

"""`asyncify explain module:function` says why, down to the place that waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.model.exit_codes import ExitCode
from tests.cli.conftest import Run
from tests.fakes import put

FILES = {
    "app/__init__.py": "",
    "app/users.py": """\
from sqlalchemy.orm import Session

def get_user(db: Session, key: int):
    return db.get(object, key)

class Account:
    def __init__(self, db: Session):
        self.user = get_user(db, 1)

    def __len__(self):
        return len(self.user)

    @property
    def name(self) -> str:
        return "name"
""",
    "app/main.py": """\
from sqlalchemy.orm import Session
from app.users import get_user

def show(db: Session):
    return describe(get_user(db, 1))

def describe(user):
    return str(user)

async def already():
    return 1
""",
    "old.py": "from app.users import get_user\n\ndef main(db):\n    return get_user(db, 1)\n",
    "pyproject.toml": '[tool.asyncify]\nkeep-sync = ["old.py"]\n',
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return put(tmp_path, FILES)


def test_the_chain_ends_at_the_place_that_waits(run: Run, repository: Path) -> None:
    done = run("explain", "app.main:show", repository)
    assert done.code == ExitCode.OK
    head, *chain = done.out.splitlines()
    assert head == "show  app/main.py:4  becomes async"
    assert [line.lstrip(" └─") for line in chain] == ["app/main.py:5  get_user()", "app/users.py:4  db.get()"]


def test_a_path_names_the_file_too(run: Run, repository: Path) -> None:
    dotted, path = (run("explain", f"{name}:show", repository).out for name in ("app.main", "app/main.py"))
    assert dotted == path


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("app.users:get_user", "becomes async"),
        (
            "app.users:Account.__init__",
            "stays plain and waits through SQLAlchemy's greenlet: Python calls it by itself, never with await",
        ),
        ("app.users:Account.name", "stays as it is: nothing in it waits for the database"),
        ("app.main:describe", "stays as it is: nothing in it waits for the database"),
        ("app.main:already", "is async already"),
        ("old:main", "stays as it is: keep-sync of [tool.asyncify] names it"),
    ],
)
def test_the_verdict(run: Run, repository: Path, name: str, verdict: str) -> None:
    assert run("explain", name, repository).out.splitlines()[0].endswith(f"  {verdict}")


def test_what_is_reported_about_it_is_shown(run: Run, repository: Path) -> None:
    put(
        repository,
        {
            "app/sized.py": """\
from sqlalchemy.orm import Session
from app.users import get_user

class Sized:
    def __init__(self, db: Session):
        self.db = db

    def __len__(self):
        return get_user(self.db, 1)
"""
        },
    )
    out = run("explain", "app.sized:Sized.__len__", repository).out
    assert "reported barrier-len" in out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("app.main:shwo", "there is no function 'shwo' in app/main.py; did you mean show?"),
        ("nowhere:show", "there is no module 'nowhere' here"),
    ],
)
def test_what_is_not_there_is_said(run: Run, repository: Path, name: str, said: str) -> None:
    done = run("explain", name, repository)
    assert done.code == ExitCode.USAGE
    assert said in done.err

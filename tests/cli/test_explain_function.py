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


def test_other_ways_to_name_it(run: Run, repository: Path) -> None:
    """The path of the file, a line of it, and a name that only one function has."""
    names = ("app.main:show", "app/main.py:show", "main:show", "app/main.py:5", "show", "app.main.show", "main.show")
    assert len({run("explain", name, repository).out for name in names}) == 1
    assert run("explain", "get_user", repository).out == run("explain", "app.users:get_user", repository).out


def test_a_class_is_each_of_its_methods(run: Run, repository: Path) -> None:
    heads = [line for line in run("explain", "Account", repository).out.splitlines() if line.startswith("Account")]
    assert [line.split()[0] for line in heads] == ["Account.__init__", "Account.__len__", "Account.name"]


def test_who_uses_what_stays_plain(run: Run, repository: Path) -> None:
    """The callers of a bridge, of what a comment keeps, and of what stays with that."""
    put(
        repository,
        {
            "app/kept.py": """\
from sqlalchemy.orm import Session
from app.users import Account

def show(db: Session):
    return Account(db), report(db), count(db)

def report(db: Session):  # asyncify: keep-sync (a partner's)
    return count(db)

def count(db: Session):
    return db.get(object, 1)
"""
        },
    )
    account = run("explain", "Account.__init__", repository).out.splitlines()
    assert [line.lstrip(" │├└─") for line in account[1:]] == [
        "app/users.py:8  get_user()",
        "app/users.py:4  db.get()",
        "used by",
        "app/kept.py:5  show runs it in SQLAlchemy's greenlet",
    ]
    report, count = (run("explain", f"app.kept:{name}", repository).out for name in ("report", "count"))
    assert report.splitlines()[0] == "report  app/kept.py:7  stays as it is: a partner's (line 7)"
    lends = "app/kept.py:5  show runs it in SQLAlchemy's greenlet, with the sync session inside of its own"
    assert lends in report and lends in count
    assert "stays as it is: it works for report too, which is kept synchronous" in count


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
        ("app.main:shwo", "there is no function or class 'shwo' in app/main.py; did you mean show?"),
        ("app.users:name", "there is no function or class 'name' in app/users.py; did you mean Account.name"),
        ("nowhere:show", "there is no module 'nowhere' here; write module:function"),
        ("app.user:get_user", "there is no module 'app.user' here; did you mean app.users"),
        ("nothing_of_this", "there is no function or class 'nothing_of_this' here"),
        ("main", "'main' may be app.one:main, old:main; name one of them"),
        ("stepz", "there is no function or class 'stepz' here"),
        ("flp", "there is no step or transform 'flp'; did you mean flip?"),
    ],
)
def test_what_is_not_there_is_said(run: Run, repository: Path, name: str, said: str) -> None:
    put(repository, {"app/one.py": "def main():\n    pass\n"})
    done = run("explain", name, repository)
    assert done.code == ExitCode.USAGE
    assert said in done.err

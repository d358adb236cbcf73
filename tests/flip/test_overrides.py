"""What a person decides, in comments and in the configuration, and that both sides of each decision still work."""

from __future__ import annotations

from pathlib import Path

from asyncify.analysis.config import Config

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

SERVICES = """\
from sqlalchemy.orm import Session, joinedload

from models import Post, User


def count(db: Session):
    return db.query(User).count()


# asyncify: keep-sync (a partner's code)
def report(db: Session, title="all"):
    for user in db.query(User).filter(User.id < 3).options(joinedload(User.posts)):
        title += f" {user.name}{len(user.posts)}"
    return f"{title} {count(db)} {helper(db)}"


def helper(db):
    return db.query(Post).count()


class Legacy:  # asyncify: keep-sync (rewritten next year)
    def __init__(self, db: Session):
        self.db = db

    def first(self):
        return self.db.query(User).order_by(User.id).first().name

    def label(self):
        return "legacy"


def one(db: Session, key):
    return db.get(User, key)
"""


def kept_parts(text: str) -> list[str]:
    """The functions and classes of `SERVICES` that a comment keeps."""
    starts = (text.index(start) for start in ("# asyncify", "class Legacy"))
    return [text[start:].partition("\n\n\n")[0] for start in starts]


def test_kept_functions_and_classes_stay_and_work_with_async_callers(tmp_path: Path) -> None:
    """Byte for byte, in every step; who calls them lends the sync session inside; what is shared works for both."""
    app = f"""\
{HEAD}
from services import Legacy, count, one, report


@app.get("/report")
def read(db: Session = Depends(get_db)):
    return [report(db), report(title="x", db=db), count(db), one(db, 1).name]


@app.get("/legacy")
def legacy(db: Session = Depends(get_db)):
    service = Legacy(db)
    return [service.first(), service.label(), [Legacy(db).first() for _ in range(2)]]


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    db.add(User(name=name))
    db.commit()
    return report(db)
"""
    requests = [("GET", "/report"), ("GET", "/legacy"), ("POST", "/users?name=new"), ("GET", "/report")]
    done = prove(tmp_path, {"main.py": app, "services.py": SERVICES}, requests)
    after = done["services.py"]
    assert kept_parts(after) == kept_parts(SERVICES)
    assert "async def one" in after and "async def helper" not in after and "async def count" not in after
    assert "await db.run_sync(report)" in done["main.py"]
    assert "service = Legacy(db.sync_session)" in done["main.py"]
    assert "service.label()," in done["main.py"]


def test_classes_that_kept_code_shares_with_routes_stay_with_it(tmp_path: Path) -> None:
    """Their objects hold whatever session they are given: the whole family is lent the sync one then."""
    services = """\
from models import Post, User


class Base:
    model = User

    def __init__(self, db):
        self.db = db

    def count(self):
        return self.db.query(self.model).count()

    def names(self):
        yield from (u.name for u in self.db.query(User).order_by(User.id))


class Users(Base):
    def first(self):
        return Posts(self.db).count(), self.db.query(User).order_by(User.id).first().name


class Posts(Base):
    model = Post


# asyncify: keep-sync
def report(db):
    return [Users(db).first(), Users(db).count()]
"""
    app = f"""\
{HEAD}
from services import Posts, Users, report


class Page:
    def __init__(self, db: Session):
        self.posts = Posts(db)

    def numbers(self):
        return [self.posts.count(), *[self.posts.count() for _ in range(2)]]


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [report(db), Users(db).first(), Page(db).numbers(), db.query(User).count()]
"""
    done = prove(tmp_path, {"main.py": app, "services.py": services}, [("GET", "/")])
    assert "async def" not in done["services.py"] and "await " not in done["services.py"]
    assert "self.posts = Posts(db.sync_session)" in done["main.py"]
    reading = app + "\n\ndef other(db: Session):\n    return Posts(db).db.get(User, 1)\n"
    codes = [f.code for f in migrate({**BASE, "main.py": reading, "services.py": services}).findings]
    assert codes == ["kept-gives-session"]


def test_the_configuration_keeps_functions_and_files(tmp_path: Path) -> None:
    """The same by name: a function, and a file by a pattern."""
    app = f"""\
{HEAD}
from old.reports import summary
from services import one


def total(db: Session):
    return db.query(User).count()


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [summary(db), total(db), one(db, 1).name]
"""
    summary = (
        "from models import User\n\n\ndef summary(db):\n    return [u.name for u in db.query(User).order_by(User.id)]\n"
    )
    one = "from models import User\n\n\ndef one(db, key):\n    return db.get(User, key)\n"
    files = {"main.py": app, "old/__init__.py": "", "old/reports.py": summary, "services.py": one}
    done = prove(tmp_path, files, [("GET", "/")], config=Config(keep_sync=("old/*.py", "services:one")))
    assert done["old/reports.py"] == summary
    assert done["services.py"] == one
    assert "[await db.run_sync(summary), await total(db), (await db.run_sync(one, 1)).name]" in done["main.py"]


def test_a_comment_keeps_a_whole_file() -> None:
    tasks = "# asyncify: keep-sync (Celery)\n" + SERVICES
    assert migrate({**BASE, "main.py": HEAD, "tasks.py": tasks})["tasks.py"] == tasks


def test_what_cannot_work_is_reported() -> None:
    """Objects that become async under a function that stays; a method whose object holds the session; coroutines."""
    app = f"""\
{HEAD}
from db import SessionLocal
from fastapi import BackgroundTasks


class Users:
    def __init__(self, db: Session):
        self.db = db

    def first(self):  # asyncify: keep-sync
        return self.db.query(User).first()

    def last(self):
        return helper()


def helper():
    with SessionLocal() as db:
        return db.query(User).count()


# asyncify: keep-sync
def nightly():
    with SessionLocal() as db:
        return db.query(User).count()


# asyncify: keep-sync
def show(db: Session, user_id):
    return helper(), db.get(User, user_id)


# asyncify: keep-sync
@app.get("/kept")
def kept(db: Session = Depends(get_db)):
    return db.query(User).count()


@app.get("/")
def read(tasks: BackgroundTasks, db: Session = Depends(get_db)):
    tasks.add_task(show, db, 1)
    return Users(db).last()
"""
    done = migrate({**BASE, "main.py": app})
    found = {f.code: app.splitlines()[f.span.line - 1].strip() for f in done.findings if f.span}
    assert found == {
        "kept-method": "def first(self):  # asyncify: keep-sync",
        "kept-calls-async": "def kept(db: Session = Depends(get_db)):",
        "kept-handed": "tasks.add_task(show, db, 1)",
    }
    assert "def nightly():\n    with SyncSessionLocal() as db:" in done["main.py"]  # that one works, on a sync engine
    codes = [f.message for f in done.findings if f.code == "kept-calls-async"]
    assert codes == [
        "show stays sync and uses helper, which becomes async",
        "kept stays sync and uses get_db, which becomes async",
    ]


def test_sessions_across_the_border_are_reported() -> None:
    """Kept code that FastAPI gives an async session, and async code that gets a sync one from kept code."""
    app = """\
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import SessionLocal, get_db
from fresh import get_fresh
from models import User

app = FastAPI()
Fresh = Annotated[Session, Depends(get_fresh)]


# asyncify: keep-sync
@app.get("/kept")
def kept(db: Fresh):
    return db.get(User, 1)


@app.get("/")
def read(db: Session = Depends(get_db)):
    return db.get(User, 1)


@app.get("/own")
def own():
    with SessionLocal() as db:
        return db.get(User, 1)
"""
    fresh = BASE["db.py"].replace("get_db", "get_fresh")
    done = migrate({**BASE, "main.py": app, "fresh.py": fresh}, Config(keep_sync=("/db.py",)))
    lines = app.splitlines()
    assert [(f.code, lines[f.span.line - 1].strip()) for f in done.findings if f.span] == [
        ("kept-dependency", "def kept(db: Fresh):"),
        ("kept-gives-session", "def read(db: Session = Depends(get_db)):"),
        ("kept-gives-session", "with SessionLocal() as db:"),
    ]


def test_what_would_have_to_be_loaded_in_kept_code_is_reported() -> None:
    """A relationship that async code reads of what a kept function loads."""
    app = f"""\
{HEAD}

def newest(db: Session):  # asyncify: keep-sync
    return db.query(User).order_by(User.id.desc()).first()


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [post.title for post in newest(db).posts]
"""
    done = migrate({**BASE, "main.py": app})
    assert [(f.code, app.splitlines()[f.span.line - 1].strip()) for f in done.findings if f.span] == [
        ("kept-edit", "return db.query(User).order_by(User.id.desc()).first()")
    ]
    assert "keep-sync\n    return db.query(User).order_by(User.id.desc()).first()" in done["main.py"]


def test_forced_functions_are_awaited(tmp_path: Path) -> None:
    """One that nothing seen makes async, and what calls it."""
    app = f"""\
{HEAD}

def plugin(name):
    return name.upper()


def label(name):
    return plugin(name) + "!"


@app.get("/")
def read():
    return [label("a"), [label(n) for n in "bc"]]
"""
    done = prove(tmp_path, app, [("GET", "/")], config=Config(force_async=("main:plugin",)))
    assert "async def plugin" in done["main.py"]
    assert "return await plugin(name)" in done["main.py"]
    assert "async def read" in done["main.py"]


def test_entry_points_stay_plain_for_their_callers(tmp_path: Path) -> None:
    job = """\
from db import SessionLocal
from models import User


def names():
    with SessionLocal() as db:
        return [u.name for u in db.query(User).order_by(User.id)]


def run():
    print(names())
"""
    config = Config(entry_points=("job:run",))
    commands = [["-c", "import job; job.run()"]]
    done = prove(tmp_path, {"main.py": HEAD, "job.py": job}, [], commands, config=config)
    assert "@run_async\nasync def run():" in done["job.py"]


def test_own_and_foreign_callables_that_block() -> None:
    mail = "def send(to):\n    return to\n\n\nclass Printer:\n    def page(self, text):\n        return text\n"
    app = f"""\
{HEAD}
import slowlib
from mail import Printer, send


@app.get("/")
def read(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    send(user.name)
    Printer().page(user.name)
    slowlib.wait(1)
    slowlib.Client().fetch(2)
    slowlib.quick()
    return user.name
"""
    names = ("mail.send", "mail:Printer.page", "slowlib.wait", "slowlib.Client.fetch")
    done = migrate({**BASE, "main.py": app, "mail.py": mail}, Config(blocking=names))
    for call in (
        "(send, user.name)",
        "(Printer().page, user.name)",
        "(slowlib.wait, 1)",
        "(slowlib.Client().fetch, 2)",
    ):
        assert f"await run_in_threadpool{call}" in done["main.py"]
    assert "    slowlib.quick()" in done["main.py"]


def test_factories_of_sessions_that_cannot_be_seen(tmp_path: Path) -> None:
    """In a library, as a call and as a dependency; and in the program, behind a name that is put together."""
    library = "import db\n\n\ndef open_session():\n    return db.SessionLocal()\n\n\nget_db = db.get_db\n"
    app = f"""\
{HEAD}
import db as database
import lib


def hidden():
    return vars(database)["Session" + "Local"]()


maker = vars(database)["Session" + "Local"]


@app.get("/a")
def a():
    with lib.open_session() as session:
        return session.execute(select(User.name).order_by(User.id)).scalars().all()


@app.get("/b")
def b(session=Depends(lib.get_db)):
    return session.execute(select(User.name).order_by(User.id)).scalars().all()


@app.get("/c")
def c():
    session = hidden()
    try:
        return session.execute(select(User.name).order_by(User.id)).scalars().all()
    finally:
        session.close()


@app.get("/d")
def d():
    with maker() as session:
        return session.execute(select(User.name).order_by(User.id)).scalars().all()
"""
    config = Config(session_factories=("lib.open_session", "lib.get_db", "main:hidden", "main:maker"))
    requests = [("GET", f"/{name}") for name in "abcd"]
    done = prove(tmp_path, app, requests, (), ["told-factory"], {"lib.py": library}, config)
    assert done["main.py"].count("await session.execute") == 4
    assert done["main.py"].count("async with") == 2

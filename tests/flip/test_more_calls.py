"""More of the call graph: helpers that take callables, executors, mixed callables, classes in other files."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD


def test_helpers_that_take_callables(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import time


def retry(action, times=3):
    for attempt in range(times):
        try:
            return action()
        except ValueError:
            if attempt == times - 1:
                raise


def safely(action, default=None):
    try:
        result = action()
    except AttributeError:
        return default
    return result or default


def count(db):
    return db.query(User).count()


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    first = retry(lambda: count(db))
    second = safely(lambda: db.get(User, key), "none")
    third = safely(lambda: 7)
    return [first, second if second == "none" else second.name, third]
"""
    )
    prove(tmp_path, app, [("GET", "/users/1"), ("GET", "/users/9")])


def test_executor(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import asyncio
from asyncio import to_thread


def count(db, age=0):
    return db.query(User).filter(User.age > age).count()


def plain(n):
    return n + 1


@app.get("/")
async def read(db: Session = Depends(get_db)):
    loop = asyncio.get_running_loop()
    first = await loop.run_in_executor(None, count, db, 25)
    second = await to_thread(count, db, age=35)
    third = await asyncio.to_thread(plain, 1)
    return [first, second, third, await loop.run_in_executor(None, plain, 2)]
"""
    )
    prove(tmp_path, app, [("GET", "/")])


def test_class_dependency_in_another_file(tmp_path: Path) -> None:
    deps = """\
from fastapi import Depends
from sqlalchemy.orm import Session

from db import get_db
from models import User


class Paging:
    def __init__(self, page: int = 0, *, size: int = 2, db: Session = Depends(get_db)):
        self.size = size
        self.total = db.query(User).count()
        self.page = page
"""
    app = """\
from typing import Annotated

from fastapi import Depends, FastAPI

import deps
from deps import Paging

app = FastAPI()


@app.get("/a")
def a(paging: Annotated[Paging, Depends()]):
    return [paging.total, paging.page, paging.size]


@app.get("/b")
def b(paging: Paging = Depends(deps.Paging), other: Annotated[Paging, Depends(Paging)] = None):
    return [paging.total, other.page]
"""
    prove(tmp_path, {"deps.py": deps, "main.py": app}, [("GET", "/a?page=3&size=9"), ("GET", "/b")])


def test_script_with_shared_names(tmp_path: Path) -> None:
    """A name of the main block that a function reads stays global."""
    script = """\
import sys

from db import SessionLocal
from models import User


def show():
    print(prefix, db.query(User).count())


if __name__ == "__main__":
    prefix = "n:"
    db = SessionLocal()
    for user in db.query(User).order_by(User.id):
        print(prefix, user.name)
    show()
    db.close()
"""
    prove(tmp_path, {"script.py": script, "main.py": HEAD}, [], [["script.py"]])


def test_closing_and_factory_begin(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from contextlib import closing

from db import SessionLocal


@app.get("/")
def read():
    with closing(SessionLocal()) as db:
        return db.query(User).count()


@app.get("/mixed")
def mixed():
    with closing(open("main.py")) as file, closing(SessionLocal()) as db, closing(engine.connect()) as connection:
        return [len(file.read()) > 0, db.query(User).count(), connection.scalar(select(User.name).order_by(User.id))]
"""
    ).replace("import SessionLocal", "import SessionLocal, engine")
    after = prove(tmp_path, app, [("GET", "/"), ("GET", "/mixed")], codes=["may-block"])["main.py"]
    assert "    async with SessionLocal() as db:\n        return await" in after
    assert after.count("aclosing(") == 1  # around the connection


def test_large_results_in_parts(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.get("/")
def read(db: Session = Depends(get_db)):
    names = []
    for user in db.query(User).order_by(User.id).yield_per(2):
        names.append(user.name)
    return [names, [u.name for u in db.query(User).order_by(User.id).yield_per(2)]]
"""
    )
    prove(tmp_path, app, [("GET", "/")])


def test_one_call_of_what_waits_inside_and_of_what_is_async(tmp_path: Path) -> None:
    """A constructor stays plain, a function becomes async."""
    app = (
        HEAD
        + """
from db import SessionLocal


class Age:
    def __init__(self, key):
        with SessionLocal() as db:
            self.value = db.scalar(select(User.age).where(User.id == key))


class Name:
    value = "?"


def name(key):
    with SessionLocal() as db:
        found = Name()
        found.value = db.scalar(select(User.name).where(User.id == key))
        return found


@app.get("/")
def read():
    return [make(key).value for make in (Age, name) for key in (1, 2)]
"""
    )
    prove(tmp_path, app, [("GET", "/")])


def test_an_abstract_method_whose_forms_yield(tmp_path: Path) -> None:
    """It has no `yield` itself: a call of it is iterated over, not awaited, and it stays a plain function."""
    app = (
        HEAD
        + """\
from abc import ABC, abstractmethod
from collections.abc import Iterator


class Exporter(ABC):
    def __init__(self, db: Session) -> None:
        self.db = db

    @abstractmethod
    def items(self) -> Iterator[str]: ...

    @abstractmethod
    def title(self) -> str: ...

    def export(self) -> list[str]:
        return [self.title(), *[item for item in self.items()]]


class Users(Exporter):
    def items(self) -> Iterator[str]:
        for key in (1, 2, 9):
            user = self.db.get(User, key)
            if user is not None:
                yield user.name

    def title(self) -> str:
        return f"{self.db.query(User).count()} users"


@app.get("/export")
def export(db: Session = Depends(get_db)):
    return Users(db).export()
"""
    )
    done = prove(tmp_path, {"main.py": app}, [("GET", "/export")])
    assert "    def items(self) -> AsyncIterator[str]: ..." in done["main.py"]
    assert "    async def title(self) -> str: ..." in done["main.py"]


def test_package_that_imports_its_own_modules(tmp_path: Path) -> None:
    """`from . import crud` in a package: the module, although the package has a name like it then."""
    users = """
from models import User


class Users:
    def names(self, db):
        return [user.name for user in db.query(User).order_by(User.id).all()]


users = Users()
"""
    app = (
        HEAD
        + """
from api import crud


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return crud.users.names(db)
"""
    )
    files = {
        "main.py": app,
        "api/__init__.py": "from . import crud, deps\n",
        "api/deps.py": "",
        "api/crud/__init__.py": "from .users import users\n",
        "api/crud/users.py": users,
    }
    done = prove(tmp_path, files, [("GET", "/names")])
    assert "return await crud.users.names(db)" in done["main.py"]


def test_module_called_like_its_package(tmp_path: Path) -> None:
    """`from api import ...` inside of `api`, which has a module `api.api`: others say where imports begin."""
    deps = """
from fastapi import Depends
from sqlalchemy.orm import Session

from api import crud
from db import get_db


def newest(db: Session = Depends(get_db)):
    return crud.newest(db)
"""
    crud = """
from models import User


def newest(db):
    return db.query(User).order_by(User.id.desc()).first().name
"""
    router = """
from fastapi import APIRouter, Depends

from api.deps import newest

router = APIRouter()


@router.get("/newest")
def read_newest(name: str = Depends(newest)):
    return name
"""
    files = {
        "main.py": HEAD + "\nfrom api.api import router\n\napp.include_router(router)\n",
        "api/__init__.py": "",
        "api/api.py": router,
        "api/crud.py": crud,
        "api/deps.py": deps,
    }
    done = prove(tmp_path, files, [("GET", "/newest")])
    assert "return await crud.newest(db)" in done["api/deps.py"]


def test_functions_that_are_only_kept_in_a_class(tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


class Users:
    def names(db: Session):
        return [user.name for user in db.query(User).order_by(User.id).all()]

    def count(db):
        return db.query(User).count()

    def rename(user: User, name: str, db: Session):
        user.name = name
        db.commit()
        return Users.names(db)


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return Users.names(db), Users.count(db)


@app.put("/names/{name}")
def rename(name: str, db: Session = Depends(get_db)):
    return Users.rename(db.get(User, 1), name, db)
"""
    prove(tmp_path, app, [("GET", "/names"), ("PUT", "/names/dan"), ("GET", "/names")])


def test_private_methods_by_their_mangled_name(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
class Users:
    def __init__(self, db):
        self.__db = db

    def __count(self, age):
        return self.__db.query(User).filter(User.age > age).count()

    def older(self, age):
        return self.__count(age)


class Named(Users):
    pass


@app.get("/")
def read(db: Session = Depends(get_db)):
    users, named = Users(db), Named(db)
    first = users._Users__count(25)
    second = getattr(named, "_Users__count")(35)
    return [first, second, named._Users__count(1), Users._Users__count(users, 5), users._Users__db.get(User, 1).name]
"""
    )
    after = prove(tmp_path, app, [("GET", "/")])
    assert "first = await users._Users__count(25)" in after["main.py"]


READERS = """
class Reader:
    def read(self, session: Session, value):
        raise NotImplementedError


class ByName(Reader):
    def read(self, session: Session, value):
        return session.query(User).filter(User.name == value).one().id


class Nested(Reader):
    def read(self, session: Session, value):
        return read_all(session, [("plain", value)])


class Plain:
    def read(self, session: Session, value):
        return value


def relations():
    return eval("{'name': (ByName(),), 'nested': (Nested(),), 'plain': (Plain(),)}")


def read_all(session, given):
    known = relations()
    return [known[key][0].read(session, value) for key, value in given]


@app.get("/")
def read(db: Session = Depends(get_db)):
    return read_all(db, [("name", "ann"), ("nested", 3), ("plain", "x")])
"""


def test_a_method_of_an_unknown_object_that_is_given_a_session(tmp_path: Path) -> None:
    """All methods of that name take one there, so they change together."""
    after = prove(tmp_path, HEAD + READERS, [("GET", "/")])
    assert "await known[key][0].read(session, value)" in after["main.py"]


def test_a_method_of_that_name_that_takes_something_else(tmp_path: Path) -> None:
    app = HEAD + READERS.replace(
        "class Plain:\n    def read(self, session: Session, value):", "class Plain:\n    def read(self, path, value):"
    )
    after = migrate({**BASE, "main.py": app})
    assert "unresolved-call" in after.codes
    assert "await known[key]" not in after["main.py"]

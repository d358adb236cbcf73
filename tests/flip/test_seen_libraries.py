"""Libraries that are given a session, an engine or a function, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .test_lookalikes import HEAD

USERS = [("GET", "/users"), ("GET", "/users/1"), ("GET", "/users/9")]


def test_class_based_views(tmp_path: Path) -> None:
    app = """\
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi_utils.cbv import cbv
from sqlalchemy.orm import Session

from db import get_db
from models import User

router = APIRouter()


@cbv(router)
class UserViews:
    db: Session = Depends(get_db)
    least: int = 0

    def find(self, key):
        user = self.db.get(User, key)
        if user is None:
            raise HTTPException(404)
        return user

    @router.get("/users")
    def all(self):
        return [u.name for u in self.db.query(User).filter(User.age >= self.least).order_by(User.id)]

    @router.get("/users/{key}")
    def one(self, key: int):
        return self.find(key).name

    @router.post("/users")
    def add(self, name: str):
        self.db.add(User(name=name))
        self.db.commit()
        return self.db.query(User).count()

    @router.get("/plain")
    def plain(self):
        return self.least


app = FastAPI()
app.include_router(router)
"""
    prove(tmp_path, app, [*USERS, ("GET", "/users?least=25"), ("POST", "/users?name=x"), ("GET", "/plain?least=3")])


@pytest.mark.parametrize("version", ["", "==0.12.34", ">=0.13.3"])
def test_pagination(tmp_path: Path, version: str) -> None:
    """apaginate() takes its place where the project has it; the version that runs here has both."""
    app = (
        HEAD
        + """
from fastapi_pagination import Page, Params, add_pagination, paginate as paginate_list
from fastapi_pagination.ext.sqlalchemy import paginate
from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str


class Title(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class WithPosts(Out):
    posts: list[Title]


def page_of(db: Session, query):
    return paginate(db, query)


@app.get("/users", response_model=Page[Out])
def users(db: Session = Depends(get_db)):
    return paginate(db, select(User).order_by(User.id))


@app.get("/old", response_model=Page[Out])
def old(db: Session = Depends(get_db)):
    return paginate(db.query(User).filter(User.age > 20).order_by(User.id))


@app.get("/given", response_model=Page[Out])
def given(db: Session = Depends(get_db), params: Params = Depends()):
    query = db.query(User).order_by(User.name)
    return paginate(query, params, unique=True)


@app.get("/shared", response_model=Page[Out])
def shared(db: Session = Depends(get_db), params: Params = Depends()):
    return page_of(db, select(User).order_by(User.name.desc()))


@app.get("/list", response_model=Page[Out])
def listed(db: Session = Depends(get_db)):
    return paginate_list(db.query(User).order_by(User.id).all())


@app.get("/made", response_model=Page[str])
def made(db: Session = Depends(get_db)):
    return paginate(db, select(User).order_by(User.id), transformer=lambda users: [u.name for u in users])


@app.get("/lazy", response_model=Page[WithPosts])
def lazy(db: Session = Depends(get_db)):
    return paginate(db, db.query(User).order_by(User.id))


add_pagination(app)
"""
    )
    routes = ("users", "old", "given", "shared", "list", "made", "lazy")
    files = {"main.py": app, "requirements.txt": f"fastapi\nsqlalchemy\nhttpx\nfastapi-pagination{version}\n"}
    migrated = prove(tmp_path, files, [("GET", f"/{route}?size=2&page=1") for route in routes])
    twin = version == ">=0.13.3"
    words = "".join(migrated["main.py"].split())
    assert ("returnawaitapaginate(db,select(User).order_by(User.id))" in words) is twin
    assert words.count("awaitdb.run_sync(paginate,") == (1 if twin else 6)  # with a function, it stays in the greenlet


def test_admin_pages(tmp_path: Path) -> None:
    """sqladmin takes sync and async engines."""
    app = (
        HEAD
        + """
from sqladmin import Admin, ModelView

from db import engine

admin = Admin(app, engine)


class UserAdmin(ModelView, model=User):
    column_list = [User.id, User.name]


admin.add_view(UserAdmin)


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
    )
    prove(tmp_path, app, [USERS[0], ("GET", "/admin/user/list"), ("GET", "/admin/user/details/3")])


def test_retries_of_tenacity(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_none

tries = []


@retry(stop=stop_after_attempt(3), wait=wait_none(), retry=retry_if_exception_type(ValueError), reraise=True)
def add(db: Session, name: str):
    tries.append(name)
    db.add(User(name=name))
    db.flush()
    if len(tries) < 3:
        db.rollback()
        raise ValueError(name)
    db.commit()
    return db.query(User).count()


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    return [add(db, name), len(tries)]
"""
    )
    prove(tmp_path, app, [("POST", "/users?name=x")])


def test_filters(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from fastapi_filter import FilterDepends
from fastapi_filter.contrib.sqlalchemy import Filter


class UserFilter(Filter):
    name__like: str | None = None
    age__gte: int | None = None
    order_by: list[str] | None = None

    class Constants(Filter.Constants):
        model = User


@app.get("/users")
def users(users: UserFilter = FilterDepends(UserFilter), db: Session = Depends(get_db)):
    query = users.filter(select(User))
    query = users.sort(query)
    return [u.name for u in db.execute(query).scalars().all()]


@app.get("/old")
def old(users: UserFilter = FilterDepends(UserFilter), db: Session = Depends(get_db)):
    return [u.name for u in users.filter(db.query(User)).all()]


@app.get("/sorted")
def by_order(users: UserFilter = FilterDepends(UserFilter), db: Session = Depends(get_db)):
    query = users.filter(db.query(User).outerjoin(User.posts))
    return [[u.name for u in users.sort(query)], query.count(), query.first().name]
"""
    )
    migrated = prove(
        tmp_path,
        app,
        [("GET", f"/{r}?age__gte=25&order_by=-name") for r in ("users", "old", "sorted")],
    )
    assert ".query(" not in migrated["main.py"]


CRUD = '''\
from fastapi import APIRouter, Depends


class CRUDRouter(APIRouter):
    """Routes for a model, made by a library, which uses the session itself."""

    def __init__(self, model, db, **kwargs):
        super().__init__(**kwargs)
        self.model = model

        @self.get("")
        def rows(session=Depends(db)):
            return [row.name for row in session.query(self.model).order_by(self.model.id)]
'''


def test_routes_of_a_library(tmp_path: Path) -> None:
    """A library that is given the dependency uses the session by itself: named, and the rest works."""
    app = (
        HEAD
        + """
from crud_routes import CRUDRouter

app.include_router(CRUDRouter(User, db=get_db, prefix="/users"))


@app.get("/count")
def count(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
    )
    prove(tmp_path, app, [("GET", "/count")], codes=["handed-to-unknown"], installed={"crud_routes.py": CRUD})


def test_admin_with_sessions(tmp_path: Path) -> None:
    """What the library calls without await stays on a sync engine."""
    app = (
        HEAD
        + """
from sqladmin import Admin, ModelView

from db import SessionLocal


admin = Admin(app, session_maker=SessionLocal)


class UserAdmin(ModelView, model=User):
    column_list = [User.id, User.name]

    async def on_model_change(self, data, model, is_created, request):
        with SessionLocal() as db:
            data["age"] = db.query(User).count()

    def is_visible(self, request):
        with SessionLocal() as db:
            return db.query(User).count() > 3


admin.add_view(UserAdmin)


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
    )
    prove(tmp_path, app, [("GET", "/users"), ("GET", "/admin/user/list"), ("GET", "/admin/user/details/3")])

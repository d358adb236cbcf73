"""Queries that begin in other words than `db.query(...)`, through the whole migration."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, DB, MODELS, prove

OTHER_SESSIONS = (
    DB.replace("import sessionmaker", "import Session, scoped_session, sessionmaker")
    + """

from models import User

Scoped = scoped_session(SessionLocal)


class Database:
    def __init__(self):
        self.factory = SessionLocal

    def session(self):
        return self.factory()


class Wrapper:
    def __init__(self, session: Session):
        self.session = session

    def query(self, *entities):
        return self.session.query(*entities)


class Holder:
    session = Scoped


holder = Holder()


class OwnSession(Session):
    def adults(self):
        return self.query(User).filter(User.age > 18)

    def query(self, *entities, **kwargs):
        return super().query(*entities, **kwargs).order_by(entities[0].id)


OwnSessionLocal = sessionmaker(class_=OwnSession, bind=engine)
"""
)
APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy import inspect
from sqlalchemy.orm import Session, object_session

from db import Database, OwnSessionLocal, Scoped, SessionLocal, Wrapper, get_db, holder
from models import Post, User

app = FastAPI()


class Users:
    def __init__(self):
        self.database = Database()

    def session(self):
        return self.database.session()

    def all(self):
        return [user.id for user in self.session().query(User).all()]


def everybody(db: Session):
    return db.query(User).enable_assertions(True)


@app.get("/getattr")
def by_getattr(db: Session = Depends(get_db)):
    return getattr(db, "query")(User).count()


@app.get("/method")
def bound_method(db: Session = Depends(get_db)):
    query = db.query
    return [user.id for user in query(User).order_by(User.id).all()], query(Post).count()


@app.get("/called")
def called():
    return Users().all(), SessionLocal().query(User).count()


@app.get("/held")
def held():
    return [user.id for user in holder.session.query(User).order_by(User.id)]


@app.get("/entered")
def entered():
    with SessionLocal() as db:
        return db.query(User).count()


@app.get("/scoped")
def scoped():
    return Scoped.query(User).count(), Scoped().query(User).order_by(User.id).first().id


@app.get("/of-object")
def of_object(db: Session = Depends(get_db)):
    user = db.query(User).first()
    return [
        object_session(user).query(Post).count(),
        inspect(user).session.query(Post).count(),
        Session.object_session(user).query(Post).count(),
    ]


@app.get("/own")
def own():
    with OwnSessionLocal() as db:
        return db.query(User).count(), [user.id for user in db.adults().all()]


@app.get("/wrapped")
def wrapped(db: Session = Depends(get_db)):
    wrapper = Wrapper(db)
    return wrapper.query(User).filter(User.id > 1).count(), [post.id for post in wrapper.query(Post)]


@app.get("/made")
def made(db: Session = Depends(get_db)):
    return everybody(db).count()
"""
REQUESTS = [("GET", f"/{line.split('/')[1].partition(chr(34))[0]}") for line in APP.splitlines() if "@app.get" in line]
#: bound methods and own ways to make a query are left as they are, and run in the greenlet
STAYING = ["query-session", "query-method", "query-arguments"]


def test_spellings(tmp_path: Path) -> None:
    app = {**BASE, "db.py": OTHER_SESSIONS, "main.py": APP}
    done = prove(tmp_path, app, REQUESTS, codes=STAYING, leaks=True)
    assert "inspect(user).async_session.scalar(" in done["main.py"]


def test_lists_in_the_columns_of_a_subquery(tmp_path: Path) -> None:
    """Rows with them have no hash: nothing makes them unique, and two are never the same one for Query either."""
    models = MODELS.replace("from sqlalchemy import ForeignKey", "from sqlalchemy import JSON, ForeignKey")
    models += """

class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    words = mapped_column(JSON)
"""
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Label, User

app = FastAPI()


def words_of_users(db: Session):
    return db.query(Label.user_id, Label.words.label("words")).subquery()


@app.post("/labels")
def add(db: Session = Depends(get_db)):
    db.add_all([Label(user_id=1, words=["a", "b"]), Label(user_id=1, words=["a", "b"]), Label(user_id=2, words=[])])
    db.commit()


@app.get("/labels")
def labels(db: Session = Depends(get_db)):
    words = words_of_users(db)
    rows = db.query(User, words.c.words).join(words, words.c.user_id == User.id).order_by(User.id).all()
    return [[user.name, given] for user, given in rows]
"""
    prove(tmp_path, {"main.py": app, "models.py": models}, [("POST", "/labels"), ("GET", "/labels")])

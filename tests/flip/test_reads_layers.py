"""Reads behind generic services and serializers of the program's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_generic_services(tmp_path: Path) -> None:
    repo = """\
from __future__ import annotations

from typing import Any, Callable, Generic, Iterable, Optional, Protocol, Sequence, Type, TypeVar

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Base

M = TypeVar("M", bound=Base)
S = TypeVar("S", bound=BaseModel)


class Repo(Generic[M]):
    model: Type[M]

    def __init__(self, db: Session):
        self.db = db

    def query(self):
        return select(self.model)

    def get(self, key: int) -> Optional[M]:
        return self.db.get(self.model, key)

    def find(self, *where: Any) -> Sequence[M]:
        return self.db.scalars(self.query().where(*where).order_by(self.model.id)).all()

    def each(self) -> Iterable[M]:
        yield from self.db.scalars(self.query().order_by(self.model.id))


class Service(Generic[M, S]):
    repo_class: Type[Repo[M]]
    schema: Type[S]

    def __init__(self, db: Session):
        self.repo = self.repo_class(db)

    def one(self, key: int) -> Optional[S]:
        found = self.repo.get(key)
        return self.schema.model_validate(found) if found else None

    def page(self, *where: Any) -> dict[str, Any]:
        items = self.repo.find(*where)
        return {"items": [self.schema.model_validate(i) for i in items], "total": len(items)}

    def apply(self, function: Callable[[M], Any]) -> list[Any]:
        return [function(item) for item in self.repo.each()]
"""
    schemas = """\
from __future__ import annotations

from typing import Generic, List, Optional, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class ORM(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TagOut(ORM):
    name: str


class PostOut(ORM):
    title: str
    tags: List[TagOut]


class UserOut(ORM):
    name: str
    posts: List[PostOut]
    team_name: Optional[str]


class Page(BaseModel, Generic[T]):
    items: List[T]
    total: int
"""
    services = """\
from models import Post, User
from repo import Repo, Service
from schemas import PostOut, UserOut


class UserRepo(Repo[User]):
    model = User


class PostRepo(Repo[Post]):
    model = Post

    def query(self):
        return super().query().where(Post.author_id.isnot(None))


class UserService(Service[User, UserOut]):
    repo_class = UserRepo
    schema = UserOut

    def busiest(self):
        users = self.repo.find()
        self.ranked = sorted(users, key=lambda u: -len(u.posts))
        return self._top()

    def _top(self):
        return self.ranked[0]


class PostService(Service[Post, PostOut]):
    repo_class = PostRepo
    schema = PostOut


def describe(user: User) -> str:
    return f"{user.name}: {', '.join(_titles(user))}"


def _titles(user):
    return (post.title for post in user.posts)
"""
    main = (
        HEAD
        + """

import services
from schemas import Page, PostOut, UserOut
from services import PostService, UserService, describe


def user_service(db: Session = Depends(get_db)) -> UserService:
    return UserService(db)


@app.get("/u/{key}", response_model=Optional[UserOut])
def user(key: int, service: UserService = Depends(user_service)):
    return service.one(key)


@app.get("/u", response_model=Page[UserOut])
def users(service: Annotated[UserService, Depends(user_service)]):
    return service.page(User.id > 0)


@app.get("/p", response_model=Page[PostOut])
def posts(db: Session = Depends(get_db)):
    return PostService(db).page()


@app.get("/d")
def descriptions(service: UserService = Depends(user_service)):
    return (
        service.apply(describe)
        + service.apply(lambda u: u.team.name if u.team else "")
        + [services.describe(service.repo.get(1))]
    )


@app.get("/b")
def busiest(service: UserService = Depends(user_service)):
    top = service.busiest()
    return [top.name, top.profile.bio, [c.author.name for p in top.posts for c in p.comments]]
"""
    )
    files = {
        "models.py": MODELS,
        "filling.py": FILLING,
        "repo.py": repo,
        "schemas.py": schemas,
        "services.py": services,
        "main.py": main,
    }
    requests = [("GET", "/u/1"), ("GET", "/u/9"), ("GET", "/u"), ("GET", "/p"), ("GET", "/d"), ("GET", "/b")]
    prove(tmp_path, files, requests)


def test_serializers(tmp_path: Path) -> None:
    models = (
        MODELS
        + """

class Enrolment(Base):
    __tablename__ = "enrolments"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(default="r")
    user: Mapped["User"] = relationship(backref="enrolments")
    post: Mapped["Post"] = relationship(backref="enrolments")


User.enrolled_posts = association_proxy("enrolments", "post")
User.roles = association_proxy("enrolments", "role")
"""
    )
    filling = (
        FILLING
        + """
    from models import Enrolment
    db.add_all([Enrolment(user=ann, post=three, role="x"), Enrolment(user=bob, post=one, role="y")])
"""
    )
    serial = """\
from models import Comment, Post, User


class Serializer:
    fields = ()

    def __init__(self, obj):
        self.obj = obj

    def data(self):
        return {f: self.value(f) for f in self.fields}

    def value(self, name):
        method = getattr(self, f"get_{name}", None)
        if method is not None:
            return method(self.obj)
        return getattr(self.obj, name)


class CommentSerializer(Serializer):
    fields = ("text", "author")

    def get_author(self, obj: Comment):
        return obj.author.name if obj.author else None


class PostSerializer(Serializer):
    fields = ("title", "comments", "tags")

    def get_comments(self, obj: Post):
        return [CommentSerializer(c).data() for c in obj.comments]

    def get_tags(self, obj):
        return [t.name for t in obj.tags]


def user_dict(user, *, deep=False):
    data = dict(name=user.name, team=user.team and user.team.name)
    if deep:
        data["posts"] = [PostSerializer(p).data() for p in user.posts]
        data |= {"roles": list(user.roles), "enrolled": [p.title for p in user.enrolled_posts]}
    return data
"""
    main = (
        HEAD
        + """

from models import Enrolment
from serial import CommentSerializer, PostSerializer, user_dict


@app.get("/posts")
def posts(db: Session = Depends(get_db)):
    return [PostSerializer(p).data() for p in db.query(Post).order_by(Post.id)]


@app.get("/users")
def users(deep: bool = False, db: Session = Depends(get_db)):
    return [user_dict(u, deep=deep) for u in db.query(User).order_by(User.id).all()]


@app.get("/comments")
def comments(db: Session = Depends(get_db)):
    return [CommentSerializer(c).data() for c in db.scalars(select(Comment).order_by(Comment.id))]


class Pagination:
    def __init__(self, page: int = 1, size: int = 2):
        self.page, self.size = page, size

    def paginate(self, db: Session, statement, convert):
        rows = db.scalars(statement.limit(self.size).offset((self.page - 1) * self.size)).unique().all()
        return {"items": [convert(r) for r in rows], "page": self.page}


@app.get("/paged")
def paged(p: Pagination = Depends(), db: Session = Depends(get_db)):
    return p.paginate(db, select(User).order_by(User.id), user_dict)


@app.get("/paged2")
def paged2(p: Pagination = Depends(), db: Session = Depends(get_db)):
    return p.paginate(
        db,
        select(Post).order_by(Post.id),
        lambda p: {"t": p.title, "n": len(p.comments), "a": p.author and p.author.team_name},
    )


@app.get("/stats")
def stats(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    ranked = sorted(((len(u.posts), u.name, u) for u in users), key=lambda r: (-r[0], r[1]))
    best = ranked[0][2]
    by_team = {}
    for u in users:
        if not u.team:
            continue
        by_team.setdefault(u.team.name, []).append(u)
    return {
        "best": best.post_titles[:],
        "teams": {t: sum(len(p.comments) for u in us for p in u.posts) for t, us in by_team.items()},
        "likes": sum(c.likes for u in users for p in u.posts for c in p.comments),
        "top": max((c for u in users for p in u.posts for c in p.comments), key=lambda c: c.likes).author.name,
        "bio": [u.profile.bio for u in users if u.profile],
    }
"""
    )
    files = {"models.py": models, "filling.py": filling, "serial.py": serial, "main.py": main}
    requests = [
        ("GET", "/posts"),
        ("GET", "/users"),
        ("GET", "/users?deep=1"),
        ("GET", "/comments"),
        ("GET", "/paged"),
        ("GET", "/paged2"),
        ("GET", "/stats"),
    ]
    prove(tmp_path, files, requests)


def test_a_lookup_whose_callers_load_more_beside_it(tmp_path: Path) -> None:
    main = HEAD + """

class AuthorOut(Out):
    name: str


class CommentOut(Out):
    text: str


class PostOut(Out):
    title: str
    author: Optional[AuthorOut] = None
    comments: List[CommentOut] = []


def found(db: Session, key: int) -> Optional[Post]:
    return db.get(Post, key)


@app.get("/posts/{key}", response_model=PostOut)
def one(key: int, db: Session = Depends(get_db)):
    post = found(db, key)
    if post is None:
        raise HTTPException(404)
    return PostOut(title=post.title, author=post.author, comments=[CommentOut(text=c.text) for c in post.comments])


@app.put("/posts/{key}/title", response_model=AuthorOut)
def rename(key: int, title: str, db: Session = Depends(get_db)):
    post = found(db, key)
    if post is None:
        raise HTTPException(404)
    post.title = title
    db.commit()
    return post.author
"""
    requests = [("GET", "/posts/1"), ("PUT", "/posts/1/title?title=new"), ("GET", "/posts/1"), ("GET", "/posts/9")]
    prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, requests)


def test_a_refresh_behind_a_function_that_reads_for_itself(tmp_path: Path) -> None:
    main = HEAD + """

def found(db: Session, key: int) -> Post:
    post = db.query(Post).filter(Post.id == key).first()
    for comment in post.comments:
        if comment.author is None:
            comment.author_id = 1
    return post


def retitled(db: Session, key: int, title: str) -> dict:
    post = found(db, key)
    post.title = title
    db.commit()
    db.refresh(post)
    return {"title": post.title, "author": post.author.name}


@app.get("/posts/{key}")
def one(key: int, db: Session = Depends(get_db)):
    return found(db, key).to_dict()


@app.put("/posts/{key}/title")
def rename(key: int, title: str, db: Session = Depends(get_db)):
    return retitled(db, key, title)
"""
    requests = [("GET", "/posts/1"), ("PUT", "/posts/1/title?title=new"), ("GET", "/posts/1")]
    migrated = prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, requests)
    assert "selectinload(Post.comments)" not in migrated["main.py"].partition("def retitled")[2]


@pytest.mark.parametrize("instances", [False, True])
def test_a_session_of_another_dependency_loads_nothing(tmp_path: Path, instances: bool) -> None:
    """A route without a session takes the one of another route only where its own dependencies have the same."""
    app = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import SessionLocal, get_db
from models import User

app = FastAPI()


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]


class Users:
    def __init__(self, db: Session):
        self.db = db

    def all(self):
        return self.db.scalars(select(User).order_by(User.id)).all()

    def names(self):
        return [u.name for u in self.all()]


def get_reader():
    with SessionLocal() as db:
        yield db


def reading(db: Session = Depends(get_reader)):
    return Users(db)


def writing(db: Session = Depends(get_db)):
    return Users(db)


@app.get("/count")
def count(db: Session = Depends(get_db)):
    return len(db.scalars(select(User.id)).all())


@app.get("/reading", response_model=list[UserOut])
def read(users: Users = Depends(reading)):
    return users.all()


@app.get("/writing", response_model=list[UserOut])
def write(users: Users = Depends(writing)):
    return users.all()


@app.get("/names")
def names(users: Users = Depends(writing)):
    return users.names()
"""
    if instances:
        one = """\
class Sessions:
    def __call__(self):
        with SessionLocal() as db:
            yield db


get_db = Sessions()
get_reader = Sessions()
"""
        first, _, rest = app.partition("def get_reader")
        app = f"{first.replace('SessionLocal, get_db', 'SessionLocal')}{one}{rest.partition('yield db')[2]}"
    made = prove(tmp_path, app, [("GET", "/count"), ("GET", "/reading"), ("GET", "/writing"), ("GET", "/names")])
    assert "async def read(users: Users = Depends(reading)):" in made["main.py"]
    assert "def write(users: Users = Depends(writing), db: AsyncSession = Depends(get_db)):" in made["main.py"]

"""Models, schemas and views that reach for the database by themselves, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove
from .test_lookalikes import HEAD

USER = [("GET", "/users/1"), ("GET", "/users/3")]


def test_view_with_a_property_that_queries(tmp_path: Path) -> None:
    """A view made by a dependency; its properties query, and use each other."""
    app = (
        HEAD
        + """
from models import Post


class UserView:
    def __init__(self, key: int, db: Session = Depends(get_db)):
        self.key = key
        self.db = db

    @property
    def user(self):
        return self.db.get(User, self.key)

    @property
    def posts(self):
        return self.db.query(Post).filter(Post.user_id == self.key).all()

    def as_dict(self):
        return {"name": self.user.name, "posts": [p.title for p in self.posts]}


@app.get("/users/{key}")
def read(view: UserView = Depends()):
    if view.user.age > 35:
        return view.user.name
    return view.as_dict()
"""
    )
    prove(tmp_path, app, USER)


def test_computed_field_that_reads_a_relationship(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from pydantic import BaseModel, ConfigDict, computed_field, field_validator

from models import Post


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]

    @computed_field
    @property
    def titles(self) -> str:
        return ", ".join(p.title for p in self.posts)


class PostWithAuthor(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    author: str

    @field_validator("author", mode="before")
    @classmethod
    def name_of(cls, value):
        return value.name if isinstance(value, User) else value


class Wrapped:
    def __init__(self, user: User):
        self.user = user

    @property
    def count(self):
        return len(self.user.posts)


@app.get("/users/{key}", response_model=UserOut)
def read(key: int, db: Session = Depends(get_db)):
    return db.get(User, key)


@app.get("/posts", response_model=list[PostWithAuthor])
def posts(db: Session = Depends(get_db)):
    return db.query(Post).order_by(Post.id).all()


@app.get("/count/{key}")
def count(key: int, db: Session = Depends(get_db)):
    return Wrapped(db.query(User).filter(User.id == key).one()).count
"""
    )
    prove(tmp_path, app, [*USER, ("GET", "/posts"), ("GET", "/count/1")])


def test_hybrid_property_over_a_collection(tmp_path: Path) -> None:
    """Used in Python on instances, and in SQL."""
    models = MODELS.replace(
        "\n\nclass Post(Base)",
        """
    @hybrid_property
    def post_count(self):
        return len(self.posts)

    @post_count.inplace.expression
    @classmethod
    def _post_count(cls):
        return select(func.count(Post.id)).where(Post.user_id == cls.id).scalar_subquery()

    @property
    def first_title(self):
        return self.posts[0].title if self.posts else None


class Post(Base)""",
    ).replace(
        "from sqlalchemy import ForeignKey\n",
        "from sqlalchemy import ForeignKey, func, select\nfrom sqlalchemy.ext.hybrid import hybrid_property\n",
    )
    app = (
        HEAD
        + """
from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    post_count: int


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    busy = db.query(User).filter(User.post_count > 0).order_by(User.id).all()
    return [user.post_count, user.first_title, [[u.name, u.post_count] for u in busy]]


@app.get("/out/{key}", response_model=Out)
def out(key: int, db: Session = Depends(get_db)):
    return db.query(User).filter(User.id == key).first()
"""
    )
    prove(tmp_path, {"models.py": models, "main.py": app}, [*USER, ("GET", "/out/1"), ("GET", "/out/3")])


def test_three_loads_in_a_dict_comprehension(tmp_path: Path) -> None:
    models = MODELS.replace(
        "class Post(Base)",
        """class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))


class Post(Base)""",
    ).replace('posts")\n', 'posts")\n', 1)
    models = models.rstrip() + '\n    tags: Mapped[list["Tag"]] = relationship(order_by="Tag.id")\n'
    app = (
        HEAD
        + """
from models import Post, Tag


@app.post("/tags")
def tag(db: Session = Depends(get_db)):
    db.add_all([Tag(word="a", post_id=1), Tag(word="b", post_id=1), Tag(word="c", post_id=2)])
    db.commit()


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return {
        u.name: {p.title: [t.word for t in p.tags] + [p.author.name] for p in u.posts}
        for u in db.query(User).order_by(User.id)
    }


@app.get("/posts")
def posts(db: Session = Depends(get_db)):
    found = db.scalars(select(Post).order_by(Post.id)).all()
    by_id = {p.id: (p.author.name if p.author else None, len(p.tags), len(p.author.posts)) for p in found}
    first, *rest = sorted(found, key=lambda p: (-len(p.tags), p.author.name))
    return [by_id, first.title, [r.title for r in rest]]
"""
    )
    prove(tmp_path, {"models.py": models, "main.py": app}, [("POST", "/tags"), ("GET", "/users"), ("GET", "/posts")])


def test_model_constructors_that_query(tmp_path: Path) -> None:
    models = MODELS.replace(
        "\n\nclass Post(Base)",
        """
    def __init__(self, db=None, **values):
        super().__init__(**values)
        if db is not None:
            self.age = db.query(User).count() + 1

    @classmethod
    def create(cls, db: Session, **values):
        user = cls(db, **values)
        db.add(user)
        db.commit()
        db.refresh(user)
        return user

    def save(self, db: Session):
        db.add(self)
        db.commit()
        return self


class Post(Base)""",
    ).replace("import DeclarativeBase, Mapped,", "import DeclarativeBase, Mapped, Session,")
    app = (
        HEAD
        + """

@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    user = User.create(db, name=name)
    other = User(db=db, name=name + "2").save(db)
    plain = User(name="plain")
    return [user.age, other.age, plain.age, [User(db, name=n).age for n in "ab"]]
"""
    )
    prove(tmp_path, {"models.py": models, "main.py": app}, [("POST", "/users?name=x"), ("POST", "/users?name=y")])


def test_templates_and_nested_response_models(tmp_path: Path) -> None:
    post = "{{ p.title }}({{ p.author.name }})"
    page = "{% for u in users %}{{ u.name }}:{% for p in u.posts %}" + post + "{% endfor %};{% endfor %}"
    app = (
        HEAD
        + """
from fastapi import Request
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, ConfigDict

from models import Post

templates = Jinja2Templates(directory="templates")


class Author(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    author: Author | None = None


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut] = []


class Page(BaseModel):
    items: list[UserOut]
    total: int


@app.get("/page")
def page(request: Request, db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    return templates.TemplateResponse(request, "page.html", {"users": users})


@app.get("/users", response_model=Page)
def users(db: Session = Depends(get_db)):
    found = db.query(User).order_by(User.id).all()
    return {"items": found, "total": len(found)}


@app.post("/users", response_model=UserOut, status_code=201)
def add(name: str, db: Session = Depends(get_db)):
    user = User(name=name, posts=[Post(title="first")])
    db.add(user)
    db.commit()
    db.refresh(user)
    return user
"""
    )
    prove(
        tmp_path,
        {"templates/page.html": page, "main.py": app},
        [("GET", "/page"), ("GET", "/users"), ("POST", "/users?name=x"), ("GET", "/page")],
    )


def test_caught_missing_greenlet(tmp_path: Path) -> None:
    """`except MissingGreenlet` left by earlier hands stays, and what it guards is loaded."""
    app = (
        HEAD
        + """
from sqlalchemy.exc import MissingGreenlet


def titles(user: User) -> list[str]:
    try:
        return [p.title for p in user.posts]
    except MissingGreenlet:
        return []


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    return titles(user)
"""
    )
    prove(tmp_path, app, USER, codes=["missing-greenlet"])


LATER = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")


User.posts = relationship("Post", back_populates="author", order_by="Post.id")
"""


def test_relationships_that_a_class_gets_after_its_body(tmp_path: Path) -> None:
    """What is read of them far down is loaded where the instance is sure to be there."""
    app = (
        HEAD
        + """
from fastapi import HTTPException


class Users:
    def __init__(self, db: Session):
        self.db = db

    def get(self, key: int):
        return self.db.query(User).filter(User.id == key).first()


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = Users(db).get(key)
    if not user:
        raise HTTPException(404)
    posts = user.posts
    return [{"title": post.title, "by": post.author.name if post.author else None} for post in posts]
"""
    )
    prove(tmp_path, {"main.py": app, "models.py": LATER}, [*USER, ("GET", "/users/9")])


def test_the_base_of_a_registry_names_the_tables(tmp_path: Path) -> None:
    models = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declared_attr, registry, relationship

mapper_registry = registry()


@mapper_registry.as_declarative_base()
class Base:
    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower() + "s"


class User(Base):
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer, default=0)
    posts = relationship("Post", back_populates="author", order_by="Post.id")


class Post(Base):
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
"""
    app = HEAD + """

@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return [post.title for post in db.query(User).filter(User.id == key).one().posts]
"""
    after = prove(tmp_path, {"main.py": app, "models.py": models}, [("GET", "/1"), ("GET", "/2")])["main.py"]
    assert "selectinload(User.posts)" in after

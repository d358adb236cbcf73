"""Reads behind library functions, patterns, special methods and validators are found, and loaded with the statement."""

from __future__ import annotations

from pathlib import Path

from .apps import HEAD, flat, prove, serve, transformed


def main(text: str) -> dict[str, str]:
    return {"main.py": HEAD + text}


def test_functions_that_are_handed_over(tmp_path: Path) -> None:
    text = """
from functools import reduce
from itertools import chain, groupby, starmap
from operator import attrgetter, methodcaller


def size(user):
    return len(user.posts)


def pair(user, number):
    return [user.titles, number]


@app.get("/sorted")
def ordered(db: Session = Depends(get_db)):
    posts = sorted(db.scalars(select(Post)).all(), key=attrgetter("author.name", "title"))
    posts.sort(key=lambda post: len(post.tags))
    return [post.title for post in posts]


@app.get("/best")
def best(db: Session = Depends(get_db)):
    return max(db.scalars(select(User)), key=size).name


@app.get("/grouped")
def grouped(db: Session = Depends(get_db)):
    posts = db.scalars(select(Post).order_by(Post.id)).all()
    return [[name, [p.title for p in found]] for name, found in groupby(posts, lambda post: post.author.name)]


@app.get("/chained")
def chained(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    return [len(post.tags) for post in chain.from_iterable(user.posts for user in users)]


@app.get("/mapped")
def mapped(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    return [list(map(lambda user: user.titles, users)), list(starmap(pair, zip(users, [1, 2])))]


@app.get("/reduced")
def reduced(db: Session = Depends(get_db)):
    users = db.scalars(select(User)).all()
    return reduce(lambda count, user: count + len(user.posts), users, 0)
"""
    requests = [("GET", f"/{name}") for name in ("sorted", "best", "grouped", "chained", "mapped", "reduced")]
    prove(main(text), tmp_path, requests)


def test_patterns_and_spread_arguments(tmp_path: Path) -> None:
    text = """

def titles(*users, **named):
    return [[post.title for user in users for post in user.posts], {k: len(v.posts) for k, v in named.items()}]


@app.get("/match")
def match(db: Session = Depends(get_db)):
    found = db.scalars(select(Post).where(Post.id == 1)).one()
    match found:
        case Post(tags=[first, *rest], author=User(name=name)):
            return [first.name, len(rest), name]


@app.get("/spread")
def spread(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    return titles(*users)


@app.get("/named")
def named(db: Session = Depends(get_db)):
    return titles(**{user.name: user for user in db.scalars(select(User).order_by(User.id))})


@app.get("/by-name")
def by_name(db: Session = Depends(get_db)):
    post = db.scalars(select(Post).where(Post.id == 1)).one()
    return {name: bool(getattr(post, name)) for name in ("title", "author", "tags")}
"""
    prove(main(text), tmp_path, [("GET", "/match"), ("GET", "/spread"), ("GET", "/named"), ("GET", "/by-name")])


def test_code_of_schemas(tmp_path: Path) -> None:
    text = """
from typing import Any

from pydantic import BeforeValidator, RootModel, computed_field, field_serializer, field_validator, model_validator

Names = Annotated[list[str], BeforeValidator(lambda tags: [tag.name for tag in tags])]


class Short(Out):
    title: str
    author: str
    tags: Names

    @field_validator("author", mode="before")
    @classmethod
    def named(cls, author):
        return f"{author.name} ({len(author.posts)})"


class Built(Out):
    title: str
    words: list[str]

    @model_validator(mode="before")
    @classmethod
    def build(cls, data: Any) -> Any:
        if isinstance(data, Post):
            return {"title": data.title, "words": [data.author.name, *(tag.name for tag in data.tags)]}
        return data


class Written(Out):
    posts: list[Any]

    @field_serializer("posts")
    def write(self, posts: list[Any]) -> list[str]:
        return [post.title for post in posts if post.tags]


class Computed(Out):
    posts: list[Any] = Field(exclude=True)

    @computed_field
    @property
    def tags(self) -> list[str]:
        return sorted({tag.name for post in self.posts for tag in post.tags})


class Every(RootModel[list[Built]]):
    pass


@app.get("/short", response_model=list[Short])
def short(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/built", response_model=Every)
def built(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/written", response_model=list[Written])
def written(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()


@app.get("/computed", response_model=list[Computed])
def computed(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()
"""
    prove(main(text), tmp_path, [("GET", f"/{name}") for name in ("short", "built", "written", "computed")])


def test_a_tree_is_loaded_one_level_deep() -> None:
    text = """

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[list["Node"]] = relationship()


@app.get("/tree")
def tree(db: Session = Depends(get_db)):
    stack, seen = [db.get(Node, 1)], []
    while stack:
        node = stack.pop()
        seen.append(node.id)
        stack.extend(node.children)
    return seen
"""
    after, codes = transformed(main(text))
    assert "selectinload(Node.children)]" in after["main.py"] and not codes


def test_only_what_is_sent_as_it_is_is_left_alone(tmp_path: Path) -> None:
    """The route sends the author of the post, and not the post: an option for the post shows nothing."""
    text = """

@app.get("/author")
def author(db: Session = Depends(get_db)):
    post = db.scalars(select(Post).where(Post.id == 1)).one()
    return {"author": post.author, "tags": [tag.name for tag in post.tags]}
"""
    prove(main(text), tmp_path, [("GET", "/author")])


def test_a_closed_session_loads_nothing_for_its_readers() -> None:
    text = """

def find(name):
    with SessionLocal() as db:
        return db.scalars(select(User).where(User.name == name)).first()


def find_with_posts(name):
    with SessionLocal() as db:
        user = db.scalars(select(User).where(User.name == name)).first()
        print(user.titles)
        return user


@app.get("/name")
def name(): return find("a").name


@app.get("/posts", response_model=UserFull)
def posts(): return find("a")


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    user = find("b")
    db.add(user)
    return [user.titles, find_with_posts("c").name]
"""
    after, found = transformed({**main(text), "requirements.txt": "sqlalchemy==2.0.12\n"})
    changed = flat(after["main.py"])
    assert not found
    closed, reading = changed.partition("def find_with_posts")[::2]
    assert "options(" not in closed[closed.index("def find(") :]
    assert reading.count("options(") == 2, "what reads in the session, and where an instance is added to one again"


def test_what_is_deleted_is_not_loaded_again(tmp_path: Path) -> None:
    text = """

class Store:
    def __init__(self, model):
        self.model = model

    def remove(self, db: Session, key: int):
        found = db.scalars(select(self.model).where(self.model.id == key)).first()
        if found is not None:
            db.delete(found)
            db.commit()
        return found

    def rename(self, db: Session, key: int):
        found = db.scalars(select(self.model).where(self.model.id == key)).first()
        if key > 1:
            db.delete(found)
            db.commit()
        return found


class Named(Out):
    name: str
    titles: list[str]


users = Store(User)


@app.delete("/users/{key}", response_model=Named)
def remove(key: int, db: Session = Depends(get_db)):
    user = users.remove(db, key)
    if not user:
        raise HTTPException(404)
    return user


@app.post("/users/{key}", response_model=Named)
def rename(key: int, db: Session = Depends(get_db)):
    return users.rename(db, key)
"""
    files = {"main.py": HEAD + text, "requirements.txt": "sqlalchemy==2.0.12\n"}
    after, _ = transformed(files)
    requests = [("DELETE", "/users/2"), ("DELETE", "/users/9"), ("POST", "/users/1")]
    old, new = serve(files, tmp_path, requests), serve(after, tmp_path, requests)
    assert [a.content for a in new] == [a.content for a in old]
    assert [a.statements for a in new][:2] == [a.statements for a in old][:2]
    routes = after["main.py"].partition('@app.delete("/users/')[2]
    assert "load" not in routes.partition("@app.post")[0]
    assert "User.posts" in routes.partition("@app.post")[2]  # one that may be there is still loaded


def test_a_migration_defines_a_table_again(tmp_path: Path) -> None:
    migration = """
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
"""
    route = """

@app.get("/users", response_model=list[UserFull])
def users(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()
"""
    before, _, rest = (HEAD + route).partition("class Post(Base):")
    post, _, rest = rest.partition("class Tag(Base):")
    base, _, user = before.partition("class User(Base):")
    files = {
        "alembic/versions/0001_posts.py": migration,
        "base.py": base,
        "posts.py": "from base import *\n\n\nclass Post(Base):" + post,
        "main.py": f"from base import *\nfrom posts import Post\n\n\nclass User(Base):{user}class Tag(Base):{rest}",
    }
    assert "selectinload(User.posts)" in prove(files, tmp_path, [("GET", "/users")])

"""Instances that a statement gives are unpacked, or several are loaded at one place: each is read for itself."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, prove
from .test_lookalikes import HEAD


def test_results_are_unpacked(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from sqlalchemy import select

from models import Post


@app.get("/two")
def two(db: Session = Depends(get_db)):
    first, second = db.query(User).order_by(User.id).limit(2)
    return [[post.title for post in first.posts], second.name]


@app.get("/three")
def three(db: Session = Depends(get_db)):
    [one, *rest] = db.scalars(select(User).order_by(User.id))
    return [len(one.posts), [len(user.posts) for user in rest]]


@app.get("/rows")
def rows(db: Session = Depends(get_db)):
    (user, post), *_ = db.query(User, Post).join(User.posts).order_by(Post.id)
    return [len(user.posts), post.author.name]
"""
    )
    done = prove(tmp_path, app, [("GET", "/two"), ("GET", "/three"), ("GET", "/rows")])["main.py"]
    assert done.count("selectinload(User.posts)") == 3


def test_each_of_several_instances_has_its_own_refresh(tmp_path: Path) -> None:
    models = (
        BASE["models.py"]
        + """
    tags: Mapped[list["Tag"]] = relationship(lazy="subquery", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
"""
    )
    app = (
        HEAD
        + """
@app.post("/move/{key}/{other}")
def move(key: int, other: int, db: Session = Depends(get_db)):
    one, two = (db.get(User, number) for number in (key, other))
    moved = [post for post in one.posts if not post.tags]
    for post in moved:
        post.author = two
    db.commit()
    left, got = [post.title for post in one.posts], [post.title for post in two.posts]
    return [left, got, sorted(tag.text for post in two.posts for tag in post.tags)]


@app.post("/swap")
def swap(db: Session = Depends(get_db)):
    first, second = db.query(User).order_by(User.id).limit(2)
    first.posts, second.posts = list(second.posts), list(first.posts)
    db.commit()
    return [[user.name, [post.title for post in user.posts]] for user in (first, second)]
"""
    )
    requests = [("POST", "/move/1/2"), ("POST", "/move/2/3"), ("POST", "/swap"), ("POST", "/move/1/1")]
    prove(tmp_path, {"models.py": models, "main.py": app}, requests)

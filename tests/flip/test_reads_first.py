"""Paths that are read before the instance is changed, and again behind the commit: a second run leaves them alone."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

MAIN = f"""{HEAD}
from pydantic import BaseModel
from sqlalchemy.orm import joinedload


class PostIn(BaseModel):
    title: Optional[str] = None
    kind: Optional[str] = None


def told(post: Post) -> list:
    return [post.title, post.author.name if post.author is not None else None]


@app.put("/posts/{{key}}")
def change(key: int, sent: PostIn, db: Session = Depends(get_db)):
    post = db.execute(select(Post).options(joinedload(Post.author)).where(Post.id == key)).scalar_one_or_none()
    if not post.author:
        return []
    for name, value in sent.model_dump(exclude_unset=True).items():
        setattr(post, name, value)
    note = f"changed by {{post.author.name}}"
    db.commit()
    db.refresh(post)
    return [note, told(post)]


@app.post("/posts/{{key}}")
def add(key: int, db: Session = Depends(get_db)):
    author = db.get(User, key)
    post = Post(title="new", author_id=key)
    db.add(post)
    db.commit()
    db.refresh(post)
    db.refresh(author)
    post.author = author
    return told(post)
"""


def test_what_is_read_before_every_change_needs_nothing_in_the_second_run(tmp_path: Path) -> None:
    requests = [("PUT", "/posts/1", {"title": "b"}), ("PUT", "/posts/4", {"title": "c"}), ("POST", "/posts/1")]
    prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN}, requests)

"""What a deleted instance has led to is there, and reads what is there by then."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import MODELS, prove
from .test_lookalikes import HEAD

BODIES = {
    "a commit": "db.delete(post)\n    db.commit()",
    "a flush": "db.delete(post)\n    db.flush()",
    "a helper": "remove(db, post)\n    db.commit()",
    "a statement": "db.query(Post).filter(Post.id == key).delete()\n    db.commit()",
}


@pytest.mark.parametrize("name", BODIES)
def test_the_other_side_is_read_behind(tmp_path: Path, name: str) -> None:
    app = f"""
from models import Post


def remove(db: Session, post):
    db.delete(post)
    db.flush()


@app.delete("/posts/{{key}}")
def drop(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    author = post.author
    {BODIES[name]}
    return [p.title for p in author.posts]


@app.delete("/removed/{{key}}")
def removed(key: int, db: Session = Depends(get_db)):
    remove(db, db.get(Post, key))
    db.commit()
"""
    prove(tmp_path, HEAD + app, [("DELETE", "/posts/1"), ("DELETE", "/posts/2")])


def test_a_method_of_all_models_deletes(tmp_path: Path) -> None:
    base = """class Base(DeclarativeBase):
    def delete(self, db):
        db.delete(self)
        db.flush()
"""
    app = """
from models import Post


@app.delete("/posts/{key}")
def drop(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    author = post.author
    post.delete(db)
    db.commit()
    return [p.title for p in author.posts]
"""
    models = MODELS.replace("class Base(DeclarativeBase):\n    pass\n", base)
    prove(tmp_path, {"models.py": models, "main.py": HEAD + app}, [("DELETE", "/posts/1"), ("DELETE", "/posts/2")])

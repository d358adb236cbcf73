"""Relationships that are set on instances which were expired: what they held is loaded first."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

ASSIGNED = f"""{HEAD}

@app.put("/posts/{{key}}")
def posts(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    db.expire_all()
    user.posts = [Post(title="new")]
    db.commit()
    return [user.name, [post.title for post in user.posts]]


@app.put("/profile/{{key}}")
def profile(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    db.expire(user)
    user.profile = None
    user.profile = Profile(bio="new")
    return [user.name, user.profile.bio]


@app.put("/author/{{key}}")
def author(key: int, db: Session = Depends(get_db)):
    post, user = db.get(Post, key), db.get(User, 1)
    db.expire(post)
    post.author = user  # kept
    db.flush()
    db.refresh(post)
    return [post.title, post.author_id]
"""


def test_what_was_expired_gets_another_collection(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": ASSIGNED}
    prove(tmp_path, files, [("PUT", f"/{url}") for url in ("posts/1", "posts/3", "profile/3", "author/4")])

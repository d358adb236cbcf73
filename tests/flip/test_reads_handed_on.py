"""Instances that are handed to functions behind a commit: they are loaded again for what these functions read."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

MAIN = f"""\
{HEAD.replace("import User", "import Post, User")}

def add(db, user, *titles):
    for title in titles:
        db.add(Post(title=title, author=user))
    db.commit()


def latest(user):
    return user.posts[-1].title


def shown(user):
    return [user.name, titles_of(user)]


def titles_of(owner):
    return sorted(post.title for post in owner.posts)


@app.post("/added/{{key}}")
def added(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    seen = len(user.posts)
    add(db, user, "x")
    add(db, user, "y", "z")
    return seen


@app.post("/latest/{{key}}")
def read_last(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    seen = len(user.posts)
    db.add(Post(title="last", user_id=user.id))
    db.commit()
    return [seen, latest(user)]


@app.post("/shown/{{key}}")
def shows(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    seen = len(user.posts)
    db.add(Post(title="another", user_id=user.id))
    db.commit()
    add(db, user, "one more")
    return [seen, shown(user)]
"""


def test_what_a_function_does_not_read_is_not_loaded_for_it(tmp_path: Path) -> None:
    requests = [("POST", "/added/1"), ("POST", "/latest/1"), ("POST", "/shown/1"), ("POST", "/shown/2")]
    after = prove(tmp_path, MAIN, requests)["main.py"]
    lines = [line.strip() for line in after.splitlines()]
    for call in ('await add(db, user, "x")', 'await add(db, user, "y", "z")', 'await add(db, user, "one more")'):
        assert "populate_existing" not in lines[lines.index(call) - 1]
        assert "refresh" not in lines[lines.index(call) - 1]

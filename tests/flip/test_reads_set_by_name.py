"""Collections that are set by a name which comes at run time."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_a_list_that_is_set_by_name_is_compared_with_the_one_there(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from typing import Any, Dict

from models import Post


def change(db: Session, key: int, values: Dict[str, Any]):
    user = db.query(User).filter(User.id == key).first()
    for name, value in values.items():
        if not isinstance(value, list):
            setattr(user, name, value)
            continue
        setattr(user, name, [])
        for title in value:
            getattr(user, name).append(Post(title=title))
    db.commit()
    return user


@app.put("/users/{key}")
def put(key: int, values: Dict[str, Any], db: Session = Depends(get_db)):
    return change(db, key, values).name


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    return [[p.title, p.user_id] for p in db.query(Post).order_by(Post.id)]
"""
    )
    done = prove(
        tmp_path,
        app,
        [
            ("PUT", "/users/1", {"name": "al", "posts": ["x", "y"]}),
            ("PUT", "/users/2", {"posts": []}),
            ("PUT", "/users/3", {"name": "ed"}),
            ("GET", "/titles"),
        ],
    )
    assert "await greenlet_spawn(setattr, user, name, [])" in done["main.py"]
    assert "            setattr(user, name, value)\n" in done["main.py"]

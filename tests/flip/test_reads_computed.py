"""SQL expressions that are assigned, in loops, by other functions and where instances are made, and read later."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, prove
from .test_lookalikes import HEAD

DB = BASE["db.py"].replace("autocommit=False, autoflush=False, ", "")
MODELS = BASE["models.py"].replace(
    "\n\nclass Post(Base):",
    """
    def grow(self, by=1):
        self.age = User.age + by


class Post(Base):""",
    1,
)
APP = (
    HEAD
    + """
from sqlalchemy import func
from models import Post


@app.post("/loop")
def loop(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    for user in users:
        user.age = User.age + 1
    db.flush()
    total = sum(user.age for user in users)
    db.commit()
    return [total, [user.name for user in users if user.age > 21]]


def rename(user, suffix):
    user.name = User.name + suffix


@app.post("/helper/{key}")
def helper(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    rename(user, "!")
    db.flush()
    return [user.name, user.age]


@app.post("/method/{key}")
def method(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.grow(by=2)
    db.flush()
    return {"age": user.age}


@app.post("/queried/{key}")
def queried(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.age = User.age * 2
    count = db.query(User).count()
    found = [user.age, count]
    user.age = 5
    db.flush()
    return [*found, user.age]


@app.post("/made")
def made(db: Session = Depends(get_db)):
    posts = [Post(title=func.upper("a"), user_id=key) for key in (1, 2)]
    post = Post(title=func.lower("B"))
    db.add_all([*posts, post])
    db.flush()
    return [post.title, [one.title for one in posts]]
"""
)


def test_what_the_database_computes_is_awaited(tmp_path: Path) -> None:
    paths = ["/loop", "/helper/1", "/method/2", "/queried/1", "/made", "/loop"]
    done = prove(tmp_path, {"db.py": DB, "models.py": MODELS, "main.py": APP}, [("POST", p) for p in paths])["main.py"]
    assert "sum([await user.awaitable_attrs.age for user in users])" in done
    assert "return [await user.awaitable_attrs.name, user.age]" in done
    assert "return [*found, user.age]" in done

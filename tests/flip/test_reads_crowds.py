"""Functions that all of a large program calls, each time with an instance that was loaded somewhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.analysis.infer import engine

from .harness import Migrated, prove
from .reads_app import FILLING, HEAD, MODELS

PLACES = 45

RULES = """\
from models import Post, User


def of_user(reader: str, user: User) -> bool:
    return reader in [post.title for post in user.posts]


def of_post(reader: str, post: Post) -> bool:
    return post.author is not None and post.author.name == reader


def may_read(reader: str, entity) -> bool:
    rules = {User: of_user, Post: of_post}
    return rules[type(entity)](reader, entity)
"""
ROUTE = """
@app.get("/{name}s/{number}")
def {name}_{number}(reader: str = "ann", db: Session = Depends(get_db)):
    found = db.scalars(select({model}).where({model}.id > {number}).order_by({model}.id)).first()
    return found is not None and may_read(reader, found)

"""


def routes(name: str) -> str:
    """As many routes as a large program has, that load instances of one model."""
    return "".join(ROUTE.format(name=name, model=name.title(), number=n) for n in range(PLACES))


def proved(folder: Path) -> Migrated:
    """The program, which answers the same before and after."""
    main = f"{HEAD}\nfrom rules import may_read\n{routes('user')}{routes('post')}"
    files = {"models.py": MODELS, "filling.py": FILLING, "rules.py": RULES, "main.py": main}
    requests = [("GET", f"/{name}s/{n}") for name in ("user", "post") for n in (0, 1, PLACES // 2, PLACES - 1)]
    return prove(folder, files, requests)


def test_each_caller_loads_what_is_read(tmp_path: Path) -> None:
    after = proved(tmp_path)["main.py"]
    assert after.count("selectinload(User.posts)") == after.count("joinedload(Post.author)") == PLACES


def test_more_callers_than_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "INSTANCES", PLACES)
    assert "await user.awaitable_attrs.posts" in proved(tmp_path)["rules.py"]

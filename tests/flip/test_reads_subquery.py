"""Relationships that the mapping loads with a subquery, and what is read below them."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

APP = f"""{HEAD}

class TagOut(Out):
    name: str


class PostOut(Out):
    title: str
    tags: List[TagOut]


class UserOut(Out):
    name: str
    posts: List[PostOut]


class TeamOut(Out):
    name: str
    users: List[UserOut]


@app.get("/teams/{{key}}", response_model=TeamOut)
def team(key: int, db: Session = Depends(get_db)):
    return db.query(Team).filter(Team.id == key).first()


@app.get("/loaded/{{key}}", response_model=TeamOut)
def loaded(key: int, db: Session = Depends(get_db)):
    return db.query(Team).options(selectinload(Team.users)).filter(Team.id == key).first()


@app.get("/users", response_model=List[UserOut])
def users(db: Session = Depends(get_db)):
    return db.query(User).order_by(User.id).all()
"""


def test_options_below_a_subquery_that_a_second_statement_sends(tmp_path: Path) -> None:
    """SQLAlchemy forgets them there: the users of a team come with a statement of their own, their posts with a
    subquery of that."""
    models = MODELS.replace(
        'relationship(back_populates="author", order_by="Post.id")',
        'relationship(back_populates="author", order_by="Post.id", lazy="subquery")',
    )
    requests = [("GET", "/teams/1"), ("GET", "/teams/2"), ("GET", "/loaded/1"), ("GET", "/users")]
    done = prove(tmp_path, {"models.py": models, "filling.py": FILLING, "main.py": APP}, requests)
    assert "defaultload(User.posts)" in done["main.py"]  # of the first statement

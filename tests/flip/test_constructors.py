"""Constructors of mapped classes that ask the database, by themselves or by a decorator."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, prove
from .test_lookalikes import HEAD

MODELS = (
    BASE["models.py"]
    + """

from functools import wraps

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session


def auto_init():
    def decorator(init):
        @wraps(init)
        def wrapper(self, *args, **kwargs):
            session: Session = kwargs.pop("session", None)
            if session is not None:
                kwargs["title"] = f"{kwargs['title']} {session.scalar(select(func.count(Post.id)))}"
            return init(self, *args, **kwargs)

        return wrapper

    return decorator


class Draft(Base):
    __tablename__ = "drafts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]

    @auto_init()
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    @auto_init()
    def rename(self, title):
        self.title = f"{title} of {object_session(self).scalar(select(func.count(Draft.id)))}"
        return self.title
"""
)
APP = (
    HEAD
    + """
from models import Draft


def make(kind, db, **values):
    return kind(session=db, **values)


@app.post("/drafts")
def add(title: str, db: Session = Depends(get_db)):
    draft = Draft(title=title, session=db)
    other = make(Draft, db, title="other")
    plain = Draft(title="plain")
    db.add(draft)
    db.commit()
    renamed = draft.rename(title="new", session=db)
    db.refresh(draft)
    return [draft.title, other.title, plain.title, renamed]
"""
)


def test_a_decorator_on_the_constructor_asks(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "main.py": APP}
    done = prove(tmp_path, files, [("POST", "/drafts?title=x"), ("POST", "/drafts?title=y")])
    assert "        def wrapper(self, *args, **kwargs):" in done["models.py"]

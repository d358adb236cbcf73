"""Parameters that a container of dishka fills: FromDishka[Service] is a Service."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

LIBRARY = {
    "dishka/__init__.py": """\
from typing import Annotated

from fastapi import Depends

MAKERS = {}


class FromDishka:
    def __class_getitem__(cls, kind):
        return Annotated[kind, Depends(lambda: MAKERS[kind.__name__]())]
""",
    "dishka/integrations/__init__.py": "",
    "dishka/integrations/fastapi.py": "from dishka import FromDishka as FromDishka\n",
}
MAIN = """\
from dataclasses import dataclass

from dishka import MAKERS
from dishka.integrations.fastapi import FromDishka
from fastapi import FastAPI
from sqlalchemy import func, select

from db import SessionLocal, engine
from models import Base, Post

app = FastAPI()
Base.metadata.drop_all(engine)
Base.metadata.create_all(engine)


@dataclass
class Posts:
    prefix: str

    def write(self, title: str) -> None:
        with SessionLocal() as session:
            session.add(Post(title=self.prefix + title))
            session.commit()

    def count(self) -> int:
        with SessionLocal() as session:
            return session.scalar(select(func.count()).select_from(Post))


MAKERS["Posts"] = lambda: Posts("a")


@app.post("/posts/{title}")
def write(title: str, posts: FromDishka[Posts]):
    posts.write(title)
    return posts.count()
"""


def test_calls_on_what_a_container_gives_are_awaited(tmp_path: Path) -> None:
    done = prove(tmp_path, MAIN, [("POST", "/posts/b"), ("POST", "/posts/c")], installed=LIBRARY)
    assert "await posts.write(title)" in done["main.py"]

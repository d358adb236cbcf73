"""`singledispatch`: functions that are one by the class of their first argument wait together."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_a_function(tmp_path: Path) -> None:
    app = """
from functools import singledispatch

from models import Post


@singledispatch
def dump(value):
    return value


@dump.register
def _(value: User):
    return {"name": value.name, "posts": [dump(p) for p in value.posts]}


@dump.register(Post)
def dump_post(value):
    return value.title


@dump.register(list)
def dump_list(value):
    return [dump(v) for v in value]


@singledispatch
def plain(value):
    return value


@plain.register(int)
def plain_number(value):
    return value + 1


@singledispatch
def names(value, db: Session):
    return []


@names.register(int)
def _(value, db: Session):
    return [db.get(User, value).name]


@names.register(str)
def by_name(value, db: Session):
    return list(db.scalars(select(User.name).where(User.name.contains(value)).order_by(User.id)))


@app.get("/dumped")
def dumped(db: Session = Depends(get_db)):
    return dump([*db.scalars(select(User).order_by(User.id)), plain(1), plain("x")])


@app.get("/names/{value}")
def named(value: str, db: Session = Depends(get_db)):
    return [names(int(value) if value.isdigit() else value, db), names(None, db)]
"""
    made = prove(tmp_path, HEAD + app, [("GET", "/dumped"), ("GET", "/names/1"), ("GET", "/names/n")])["main.py"]
    assert "async def dump_post(value):" in made
    assert "\ndef plain_number(value):" in made
    assert "resolved" not in made


def test_a_method(tmp_path: Path) -> None:
    app = """
from functools import singledispatchmethod

from models import Post


class Dumper:
    def __init__(self, db: Session):
        self.db = db

    @singledispatchmethod
    def dump(self, value):
        return value

    @dump.register
    def _(self, value: User):
        return {"name": value.name, "posts": [self.dump(p) for p in value.posts]}

    @dump.register
    def _(self, value: Post):
        return value.title

    @dump.register
    def _(self, value: int):
        return self.dump(self.db.get(User, value))


@app.get("/dumped/{key}")
def dumped(key: int, db: Session = Depends(get_db)):
    return [Dumper(db).dump(key), Dumper(db).dump("x")]
"""
    prove(tmp_path, HEAD + app, [("GET", "/dumped/1"), ("GET", "/dumped/3")])

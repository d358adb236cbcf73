"""Containers of libraries that are asked for an instance of a class, where nothing else says what they give."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove

#: what the libraries do, as far as the apps need it
LIBRARY = """\
class Container:
    def __init__(self):
        self.made = {}

    def register(self, kind, value):
        self.made[kind] = value

    def resolve(self, kind):
        return self.made[kind]

    get = __getitem__ = resolve


Injector = Container
di = Container()


def configure(setup):
    setup(di)


def instance(cls):
    return di.resolve(cls)


class attr:
    def __init__(self, kind):
        self.kind = kind

    def __get__(self, instance, owner):
        return di.resolve(self.kind)
"""
APP = """\
from fastapi import FastAPI

{head}
from db import SessionLocal
from models import User


class Store:
    def names(self):
        with SessionLocal() as db:
            return [u.name for u in db.query(User).order_by(User.id)]


class Desk:
    def __init__(self, store: Store):
        self.store = store

    def first(self):
        return self.store.names()[0]


{setup}
app = FastAPI()


@app.get("/names")
def names():
    try:
        store = {store}
        return store.names()
    except KeyError:
        return []


@app.get("/first")
def first():
    return {desk}.first()
"""
SETUP = """
container.register(Store, Store())
container.register(Desk, Desk(Store()))
"""
CONFIGURE = """
def setup(binder):
    binder.register(Store, Store())
    binder.register(Desk, Desk(Store()))


inject.configure(setup)
"""


@pytest.mark.parametrize(
    ("library", "head", "setup", "asked"),
    [
        ("inject", "import inject", CONFIGURE, "inject.instance({})"),
        ("injector", "import injector\n\ncontainer = injector.Injector()", SETUP, "container.get({})"),
        ("svcs", "import svcs\n\ncontainer = svcs.Container()", SETUP, "container.get({})"),
        ("punq", "import punq\n\ncontainer = punq.Container()", SETUP, "container.resolve({})"),
        ("lagom", "from lagom import Container\n\ncontainer = Container()", SETUP, "container[{}]"),
        ("lagom", "from lagom import Container\n\ncontainer = Container()", SETUP, "container.resolve({})"),
        ("kink", "from kink import di\n\ncontainer = di", SETUP, "di[{}]"),
    ],
)
def test_what_a_container_gives_is_an_instance_of_the_class(
    tmp_path: Path, library: str, head: str, setup: str, asked: str
) -> None:
    app = APP.format(head=head, setup=setup, store=asked.format("Store"), desk=asked.format("Desk"))
    requests = [("GET", "/names"), ("GET", "/first")]
    after = prove(tmp_path, app, requests, installed={f"{library}.py": LIBRARY})["main.py"]
    assert "return await store.names()" in after


def test_an_attribute_of_a_class_may_ask_the_container(tmp_path: Path) -> None:
    app = APP.format(head="import inject", setup=CONFIGURE, store="Shelf().store", desk="inject.instance(Desk)")
    app = app.replace("class Desk:", "class Shelf:\n    store = inject.attr(Store)\n\n\nclass Desk:")
    requests = [("GET", "/names"), ("GET", "/first")]
    after = prove(tmp_path, app, requests, installed={"inject.py": LIBRARY})["main.py"]
    assert "return await store.names()" in after

"""The name that a file has for a mapped class where a loader option is written: that of the module which defines it."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

import billing
import models
from db import engine, get_db

app = FastAPI()
models.Base.metadata.create_all(engine)


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    post = billing.made(name)
    db.add(post)
    db.commit()
    db.refresh(post)
    return [post.title, post.author.name]
"""
BILLING = """\
from models import Post


def made(title):
    return Post(title=title, user_id=1)
"""


def test_the_module_that_defines_a_class_names_it(tmp_path: Path) -> None:
    app = APP.replace("import billing\n", "import billing\nimport zoo as alpha\n")
    files = {"main.py": app, "billing.py": BILLING, "zoo.py": "from models import *\n"}
    after = prove(tmp_path, files, [("POST", "/users?name=eve")])
    assert "joinedload(models.Post.author)" in after["main.py"]

"""What a file with a star import takes: the names that it says, and those that others take from it."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

CRUD = """\
from sqlalchemy.orm import Session

from models import User


def names(db: Session):
    return [user.name for user in db.query(User).order_by(User.id)]
"""
APP = """\
from fastapi import Depends, FastAPI

import services
from db import engine, get_db
from models import Base

app = FastAPI()
Base.metadata.create_all(engine)


@app.get("/names")
def read(db=Depends(get_db)):
    return services.names(db)
"""
GET = [("GET", "/names")]


def test_imports_that_nobody_takes_through_a_star_go(tmp_path: Path) -> None:
    files = {"main.py": APP, "crud.py": CRUD, "services.py": "from crud import *\n"}
    assert "import Session" not in prove(tmp_path, files, GET)["crud.py"]


def test_imports_that_are_taken_through_stars_stay(tmp_path: Path) -> None:
    services = 'from more import *\n\n__all__ = ["names", "Session"]\n'
    app = APP.replace("(db=Depends(get_db)):\n", '(db=Depends(get_db)):\n    assert getattr(services, "Session")\n')
    files = {"main.py": app, "crud.py": CRUD, "more.py": "from crud import *\n", "services.py": services}
    assert "import Session" in prove(tmp_path, files, GET)["crud.py"]

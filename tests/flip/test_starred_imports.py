"""Packages that hand on with a star all that their modules have: imports that nobody takes there go all the same."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

SERVICE = """\
from sqlalchemy.orm import Session

from models import User


def name_of(db: Session, key: int) -> str:
    return db.query(User).filter(User.id == key).first().name
"""
FILES = {
    "services/__init__.py": "from .users import *\n",
    "services/users.py": SERVICE,
    "main.py": f"""\
{HEAD}
import others
from services import name_of


@app.get("/")
def read(db: Session = Depends(get_db)):
    return name_of(db, 1), others.NAME
""",
    "others.py": 'NAME = "other"\n',
}
OLD = "from sqlalchemy.orm import Session\n"


def users_after(folder: Path, **others: str) -> str:
    files = {**FILES, **{f"{name}.py": text for name, text in others.items()}}
    return prove(folder, files, [("GET", "/")])["services/users.py"]


def test_nobody_takes_it(tmp_path: Path) -> None:
    assert OLD not in users_after(tmp_path)


def test_who_takes_it_from_the_package_keeps_it(tmp_path: Path) -> None:
    read = 'from services import *\n\nNAME = "%s" % Session.__name__\n'
    assert OLD in users_after(tmp_path / "a", others=read)
    again = "from services import *\n"
    assert OLD in users_after(tmp_path / "b", more=again, others=read.replace("services", "more"))
    assert OLD in users_after(tmp_path / "c", others="import services\n\nNAME = services.Session.__name__\n")
    assert OLD not in users_after(tmp_path / "d", others=again + OLD + 'NAME = "%s" % Session.__name__\n')


def test_what_a_text_names_is_kept_through_stars(tmp_path: Path) -> None:
    named = 'from services import *\n\n__all__ = ["Session"]\n'
    assert OLD in users_after(tmp_path, more=named, others='import more\n\nNAME = getattr(more, "Session").__name__\n')

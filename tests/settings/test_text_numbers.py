"""Texts that are compared with columns of numbers: psycopg2 leaves their type open, asyncpg asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from postgres import Postgres
from sqlalchemy_versions import VERSIONS, installed

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

DB = """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
"""


def migrated(requirements: str, db: str) -> dict[str, str]:
    files = {"db.py": db, "requirements.txt": requirements}
    after = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages()).after
    again = run_steps(after, stages()).after
    assert again.files == after.files
    return {p: d.decode() for p, d in after.files.items()}


TOKENS = """\
from typing import Optional

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Integer, Numeric, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()
app = FastAPI()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)
    worth = Column(Numeric(10, 2))


class Token(BaseModel):
    id: Optional[str] = None
    number: int = 0
"""


def test_a_url_of_parts_keeps_its_lines() -> None:
    db = (
        "from os import environ\n\nfrom sqlalchemy import create_engine\n\n\ndef make():\n    url = (\n"
        "        f\"postgresql+psycopg2://{environ['U']}:\"\n        f\"@{environ['H']}/shop\"\n    )\n"
        "    return create_engine(url)\n"
    )
    after = migrated("fastapi\nsqlalchemy==2.0.30\npsycopg2\n", db=db)["db.py"]
    url = db.split("make():\n")[1].split("    return")[0]
    assert url.replace("psycopg2", "psycopg") in after


FORM = """

@app.post("/found")
def of_form(key: str, db: Session):
    return find(key={}, db=db)
"""

KEYWORDS = """(db, **kwargs):
    number = {}
    return db.query(User).filter(number == User.id).first()


@app.post("/found")
def of_form(key: str, db: Session):
    return find(number={}, db=db)
"""


@pytest.mark.parametrize(
    ("use", "told", "converted"),
    [
        ("(db, token: Token):\n    return db.query(User).filter(User.id == token.id).first()\n", 0, 1),
        ("(db, key: str):\n    return db.query(User).filter(key == User.age).first()\n", 0, 1),
        ("(db, token: Token):\n    return db.query(User).filter(User.age == token.id).first()\n", 1, 0),
        ("(db, key: str):\n    return db.query(User).filter(User.worth > key).first()\n", 1, 0),
        ("(db, key: str):\n    return db.query(User).filter_by(id=key).first()\n", 1, 0),
        ("(db, token: Token):\n    return db.query(User).filter(User.id == token.number).first()\n", 0, 0),
        ("(db, key: str):\n    return db.query(User).filter(User.name == key).first()\n", 0, 0),
        ("(db, key: int):\n    return db.query(User).filter(User.id == key).first()\n" + FORM.format("key"), 0, 1),
        ("(db, key: int):\n    return db.query(User).filter(User.id == key).first()\n" + FORM.format("int(key)"), 0, 0),
        (KEYWORDS.format("kwargs.pop('number')", "key"), 0, 1),
        (KEYWORDS.format("kwargs['number']", "key"), 0, 1),
        (KEYWORDS.format("kwargs.get('number', None)", "int(key)"), 0, 0),
        (KEYWORDS.format("kwargs.get('other')", "key"), 0, 0),
        ("(db, payload):\n    return db.query(User).filter(User.id == payload.get('sub')).first()\n", 0, 0),
    ],
)
def test_asyncpg_takes_no_text_for_a_number(use: str, told: int, converted: int) -> None:
    use = f"def find{use}".replace("(db,", "(db: Session,")
    main = TOKENS.replace("import declarative_base", "import Session, declarative_base") + use
    files = {"db.py": DB, "main.py": main, "requirements.txt": "sqlalchemy\npsycopg2\nasyncpg\n"}
    run = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    assert run_steps(run.after, stages()).after.files == run.after.files
    assert [f.code for f in run.findings].count("driver-text") == told
    assert run.after.files["main.py"].count(b"cast(literal(") == converted


def test_a_model_that_is_called_like_a_schema_which_its_file_imports() -> None:
    use = "def find(db: Session, token: Token):\n    return db.query(User).filter(User.id == token.id).first()\n"
    main = "from schemas import User\n" + TOKENS.replace("import declarative_base", "import Session, declarative_base")
    schemas = "from pydantic import BaseModel\n\n\nclass User(BaseModel):\n    id: int\n"
    files = {"db.py": DB, "main.py": main + use, "schemas.py": schemas}
    files["requirements.txt"] = "sqlalchemy\npsycopg2\nasyncpg\n"
    run = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    assert run.after.files["main.py"].count(b"cast(literal(") == 1


PROGRAM = """\
import json
import sys
from datetime import datetime
from typing import Optional

from pydantic import BaseModel
from sqlalchemy import Column, DateTime, Integer, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(json.load(sys.stdin)["url"])
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    at = Column(DateTime)


class Token(BaseModel):
    id: Optional[str] = None


def found(db, token: Token):
    return [visit.id for visit in db.query(Visit).filter(Visit.id == token.id).all()]


def numbered(db, key: int):
    return [visit.id for visit in db.query(Visit).filter(Visit.id == key).all()]


def named(db, **options):
    key = options.pop("key")
    return [visit.id for visit in db.query(Visit).filter(key == Visit.id).all()]


def of_form(db, key: str):
    return named(db, key=key)


def since(db, moment: str):
    return [visit.id for visit in db.query(Visit).filter(Visit.at >= moment).order_by(Visit.id)]


def main():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add_all([Visit(at=datetime(2024, month, 1)) for month in (1, 2, 3)])
        db.commit()
        answers = [found(db, Token(id=key)) for key in ("2", " 3 ", "77", None)]
        answers += [numbered(db, "3"), numbered(db, 2), of_form(db, "1"), named(db, key=2)]
        answers += [since(db, "2024-02-01"), since(db, "2024-02-01T00:00:01")]
        try:
            found(db, Token(id="x"))
        except DBAPIError as error:
            answers.append(error.orig.pgcode)
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
"""


def before_and_after(source: str, version: str, postgres: Postgres, folder: Path) -> tuple[Any, Any]:
    """What a program says with psycopg2, and what it says when it has become one for asyncpg."""
    answers = []
    for text in (source, migrated(f"sqlalchemy=={version}.*\npsycopg2\nasyncpg\n", source)["db.py"]):
        (folder / "main.py").write_text(text)
        answers.append(installed(version).run(folder / "main.py", {"url": postgres.url(postgres.create())}))
    return answers[0], answers[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_rows(version: str, postgres: Postgres, tmp_path: Path) -> None:
    before, after = before_and_after(PROGRAM, version, postgres, tmp_path)
    assert before == [[2], [3], [], [], [3], [2], [1], [2], [2, 3], [3], "22P02"]
    assert after == before


LOOKED_UP = """\
import json
import sys
from datetime import date

from sqlalchemy import Column, Date, Integer, String, create_engine
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(json.load(sys.stdin)["url"])
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    day = Column(Date)
    name = Column(String)


def conditions(model, options):
    found = []
    for option, value in options.items():
        column = getattr(model, option, None)
        if column is not None:
            found.append(column.in_([part.strip() for part in value.split(",")]))
    return found


def among(db, options):
    return [visit.id for visit in db.query(Visit).filter(*conditions(Visit, options)).order_by(Visit.id)]


def others(db, key, text):
    found = db.query(Visit).filter(getattr(Visit, key).notin_(text.split("|")))
    return [visit.id for visit in found.order_by(Visit.id)]


def either(db, key, left, right):
    column = getattr(Visit, key)
    return [visit.id for visit in db.query(Visit).filter(column.in_([str(left), f"{right}"])).order_by(Visit.id)]


def main():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add_all([Visit(day=date(2024, month, 1), name=f"n{month}") for month in (1, 2, 3)])
        db.commit()
        answers = [among(db, {"id": "1, 3"}), among(db, {"day": "2024-02-01", "name": "n2,n3"}), among(db, {"x": "1"})]
        answers += [others(db, "id", "2"), others(db, "name", "n1|n2"), either(db, "id", 1, 2)]
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_columns_that_are_looked_up_by_name(version: str, postgres: Postgres, tmp_path: Path) -> None:
    before, after = before_and_after(LOOKED_UP, version, postgres, tmp_path)
    assert before == [[1, 3], [2], [1, 2, 3], [1, 3], [3], [1, 2]]
    assert after == before


VALUES = """\
import json
import sys
from datetime import date, datetime, timedelta, timezone
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Integer, Numeric, String, create_engine
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(json.load(sys.stdin)["url"])
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()
LATER = datetime(2024, 1, 2, 5, tzinfo=timezone(timedelta(hours=2)))


class Row(Base):
    __tablename__ = "rows"
    id = Column(Integer, primary_key=True)
    day = Column(Date)
    naive = Column(DateTime)
    aware = Column(DateTime(timezone=True))
    worth = Column(Numeric(10, 2))
    word = Column(String)


def main():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        # each alone: PostgreSQL takes no rows of mixed types
        db.add(Row(day="2024-01-02", naive=LATER, aware="2024-01-02 03:00+00", worth="1.5", word=7))
        db.commit()
        db.add(Row(day=LATER, naive="2024-01-02T03:00", aware=LATER, worth=1.5, word=b"%s"))
        db.commit()
        db.add(Row(day=date(2024, 1, 2), naive=LATER, word=UUID(int=7)))
        db.commit()
        db.add(Row(word=["a", "b"], naive=LATER))
        db.commit()
        db.add_all([Row(id=key, naive=LATER, word=key) for key in (10, 20)])
        db.commit()
        db.add_all([Row(naive=LATER, word=key) for key in (10, 20)])
        db.commit()
        rows = db.query(Row).filter(Row.naive <= LATER, Row.word != "%s").order_by(Row.id).all()
        answers = [[str(r.day), str(r.naive), r.aware and r.aware.timestamp(), str(r.worth), r.word] for r in rows]
        answers.append(db.query(Row).filter(Row.id == 2**70).count())
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_values_of_other_types(version: str, postgres: Postgres, tmp_path: Path) -> None:
    before, after = before_and_after(VALUES, version, postgres, tmp_path)
    assert [row[4] for row in before[:4]] == ["7", "\\x2573", str(UUID(int=7)), "{a,b}"]
    assert after == before


EXACT = """\
import json
import sys
from uuid import UUID

from sqlalchemy import Column, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(json.load(sys.stdin)["url"])
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class Row(Base):
    __tablename__ = "rows"
    id = Column(postgresql.UUID(as_uuid=True), primary_key=True)
    word = Column(postgresql.UUID(as_uuid=False))


def main():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(Row(id=UUID(int=7), word=str(UUID(int=8))))
        db.commit()
        row = db.query(Row).filter(Row.id == UUID(int=7)).one()
        answers = [type(row.id) is UUID, row.word, db.query(Row).filter_by(id=UUID(int=7)).count()]
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_uuids_of_the_exact_class(version: str, postgres: Postgres, tmp_path: Path) -> None:
    before, after = before_and_after(EXACT, version, postgres, tmp_path)
    assert before == [True, str(UUID(int=8)), 1]
    assert after == before


def test_no_class_is_asked_for() -> None:
    after = migrated("sqlalchemy\npsycopg2\nasyncpg\n", EXACT.replace("type(row.id) is UUID, ", ""))["db.py"]
    assert "uuids_as_before" not in after


def test_a_name_that_the_file_imports_from_elsewhere_is_not_imported_again() -> None:
    db = "from os import environ\n\nfrom sqlalchemy import URL, Engine, create_engine, make_url\n\n\n"
    db += "def start(url: URL) -> Engine:\n    return create_engine(make_url(environ['URL'] or url))\n"
    after = migrated("sqlalchemy\npsycopg2\n", db)["db.py"]
    assert "def async_database_url" in after and "import URL, Engine, event, make_url" in after
    assert "from sqlalchemy.engine import" not in after

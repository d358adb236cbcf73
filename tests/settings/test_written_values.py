"""Values that pg8000 writes as texts: the same rows with psycopg 3, on a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import Postgres
from sqlalchemy_versions import VERSIONS, installed

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

PG8000 = "sqlalchemy\npg8000\n"
PROGRAM = """\
import json
import sys
from enum import Enum, IntEnum
from ipaddress import ip_address
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import Column, Integer, String, create_engine, text
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(json.load(sys.stdin)["url"])
Session = sessionmaker(bind=engine)
Base = declarative_base()


class Page(Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)
    url = Column(String)
    size = Column(Integer)
    marks = Column(ARRAY(String))
    facts = Column(JSONB)
    address = Column(INET)


class Url:
    def __str__(self):
        return "https://it's.at/100%"


class Kind(Enum):
    BLOG = "blog"
    SHOP = 2


class Word(str, Enum):
    BLOG = "blog"


class Size(IntEnum):
    BIG = 5


ROWS = [
    {"url": Url()},
    {"url": PurePosixPath("/a/b")},
    {"url": Kind.BLOG},
    {"url": Word.BLOG},
    {"url": Size.BIG},
    {"url": ip_address("10.0.0.1")},
    {"url": UUID(int=7)},
    {"url": {"a": "b'c"}},
    {"size": Kind.SHOP},
    {"size": Size.BIG},
    {"marks": [Kind.BLOG]},
    {"marks": [Url()]},
    {"facts": {"a": [1]}},
    {"address": ip_address("10.0.0.1")},
]


def main():
    Base.metadata.create_all(engine)
    found = []
    with Session() as session:
        for row in ROWS:
            page = Page(**row)
            session.add(page)
            session.commit()
            session.refresh(page)
            found.append([page.url, page.size, page.marks, page.facts, str(page.address)])
        count = text("SELECT count(*) FROM pages WHERE url = :url")
        found.append(session.execute(count, {"url": Url()}).scalar())
        kind = text("SELECT count(*) FROM pages WHERE url = :kind")
        found.append(session.execute(kind, {"kind": Kind.BLOG}).scalar())
        changed = text("UPDATE pages SET facts = :facts WHERE id = 1 RETURNING facts")
        found.append(session.execute(changed, {"facts": {"b": 2}}).scalar())
        try:
            session.execute(text("UPDATE pages SET size = CAST(:url AS INTEGER)"), {"url": Url()})
        except DBAPIError:
            found.append("refused")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
"""


def migrated(source: str, requirements: str) -> str:
    files = {"main.py": source.encode(), "requirements.txt": requirements.encode()}
    run = run_steps(Workspace(Path("/nowhere"), files), stages())
    assert run_steps(run.after, stages()).after.files == run.after.files
    return run.after.files["main.py"].decode()


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "1.4"])
def test_the_same_rows(version: str, postgres: Postgres, tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    found = []
    folder, after = postgres.folder, migrated(PROGRAM, PG8000)
    for where, source in ((f"unix_sock={folder}/.s.PGSQL.5432", PROGRAM), (f"host={folder}", after)):
        script.write_text(source)
        url = f"postgresql+pg8000://postgres@/{postgres.create()}?{where}"
        found.append(installed(version).run(script, {"url": url}))
    assert found[1] == found[0]
    assert found[0][2][0] == "blog"
    assert found[0][-1] == "refused"


@pytest.mark.parametrize(
    ("requirements", "url", "written"),
    [
        ("sqlalchemy\npg8000\n", "postgresql+pg8000://db/shop", True),
        ("sqlalchemy\npg8000\n", "sqlite:///shop.db", False),
        ("sqlalchemy\npsycopg2-binary\n", "postgresql://db/shop", False),
        ("sqlalchemy\npsycopg[binary]\n", "postgresql+psycopg://db/shop", False),
        ("sqlalchemy\nasyncpg\npg8000\n", "postgresql+pg8000://db/shop", False),
    ],
)
def test_only_what_goes_from_pg8000_to_psycopg(requirements: str, url: str, written: bool) -> None:
    source = f'from sqlalchemy import create_engine\n\nengine = create_engine("{url}")\n'
    assert ("register_dumper" in migrated(source, requirements)) is written

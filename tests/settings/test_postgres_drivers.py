"""Programs on psycopg2 and what they become for the async drivers, on a server: the same answers, errors included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from postgres import Postgres
from sqlalchemy_versions import VERSIONS, installed

from asyncify.analysis.config import Config
from asyncify.knowledge.drivers import ArgumentFate, async_driver
from asyncify.model.edit import Finding
from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages
from asyncify.transforms.engine.libpq_arguments import IN_DSN, WITHOUT

HEAD = """\
import json
import sys

from sqlalchemy import create_engine, text
"""
ERRORS = (
    HEAD
    + """\
import psycopg2
from psycopg2.errors import CheckViolation, UniqueViolation
from sqlalchemy.exc import DBAPIError, IntegrityError

engine = create_engine(json.load(sys.stdin)["url"])


def kind(error: DBAPIError):
    original = error.orig
    if original.pgcode.startswith("42"):
        return "wrong"
    return "check" if isinstance(original, CheckViolation) else "other"


def attempt(statement):
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except IntegrityError as e:
        if isinstance(e.orig, UniqueViolation):
            return ["unique", e.orig.diag.constraint_name, e.orig.diag.table_name, getattr(e.orig, "pgcode", None)]
        if not isinstance(e.orig, (psycopg2.errors.NotNullViolation, psycopg2.errors.ForeignKeyViolation)):
            return [kind(e), e.orig.diag.message_primary]
        return ["null", e.orig.diag.column_name]
    except (DBAPIError, OSError) as e:
        said = str(e)
        return [kind(e), "psycopg2" in said, "psycopg2" not in said.lower()]
    return None


def main():
    made = [
        "CREATE TABLE notes (id int CONSTRAINT one UNIQUE, title text NOT NULL, n int CONSTRAINT few CHECK (n < 9))",
        "INSERT INTO notes VALUES (1, 'a', 1)",
        "INSERT INTO notes VALUES (1, 'a', 1)",
        "INSERT INTO notes VALUES (2, NULL, 1)",
        "INSERT INTO notes VALUES (3, 'a', 10)",
        "SELECT nothing FROM notes",
        "SELECT 1 / 0",
    ]
    print(json.dumps([attempt(statement) for statement in made]))


if __name__ == "__main__":
    main()
"""
)
ARGUMENTS = (
    HEAD
    + """\

given = json.load(sys.stdin)
extra = {"options": "-c jit=off -c lock_timeout=7s", "keepalives_idle": 30}
engine = create_engine(given["url"] + given["query"], connect_args=extra if given["extra"] else {})


def main():
    with engine.connect() as connection:
        names = ["application_name", "statement_timeout", "jit", "lock_timeout"]
        print(json.dumps([connection.execute(text(f"SHOW {name}")).scalar() for name in names]))


if __name__ == "__main__":
    main()
"""
)
QUERY = "&sslmode=prefer&connect_timeout=5&application_name=shop&options=-cstatement_timeout%3D3s&keepalives=1"
RUNS = [(d, v) for d in ("psycopg", "asyncpg") for v in VERSIONS if d == "asyncpg" or v != "1.4"]


def migrated(source: str, driver: str, sqlalchemy: str = "sqlalchemy") -> tuple[str, tuple[Finding, ...]]:
    files = {"main.py": source.encode(), "requirements.txt": f"{sqlalchemy}\npsycopg2-binary\n".encode()}
    run = run_steps(Workspace(Path("/nowhere"), files), stages(), Config(driver=driver))
    again = run_steps(run.after, stages(), Config(driver=driver))
    assert again.after.files == run.after.files
    return run.after.files["main.py"].decode(), run.findings


def answers(folder: Path, source: str, version: str, given: object) -> Any:
    script = folder / "main.py"
    script.write_text(source)
    return installed(version).run(script, given)


@pytest.mark.parametrize(("driver", "version"), RUNS)
def test_what_the_program_asks_of_errors(driver: str, version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(ERRORS, driver)
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    expected = answers(tmp_path, ERRORS, version, given[0])
    assert expected[2:] == [
        ["unique", "one", "notes", "23505"],
        ["null", "title"],
        ["check", 'new row for relation "notes" violates check constraint "few"'],
        ["wrong", True, False],
        ["other", True, False],
    ]
    assert answers(tmp_path, after, version, given[1]) == expected
    assert not findings and "psycopg2.errors" not in after


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize(("driver", "version"), RUNS)
def test_arguments_that_only_the_environment_knows(
    extra: bool, driver: str, version: str, postgres: Postgres, tmp_path: Path
) -> None:
    after, findings = migrated(ARGUMENTS, driver)
    given = {"url": postgres.url(postgres.create()), "query": QUERY, "extra": extra}
    expected = answers(tmp_path, ARGUMENTS, version, given)
    assert expected == ["shop", *(["0", "off", "7s"] if extra else ["3s", "on", "0"])]
    assert answers(tmp_path, after, version, given) == expected
    assert not findings


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_arguments_of_a_written_url(driver: str, postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.url(postgres.create()) + QUERY
    source = ARGUMENTS.replace('given["url"] + given["query"]', repr(url))
    after, findings = migrated(source, driver)
    given = {"extra": True}
    assert answers(tmp_path, after, "2.0", given) == answers(tmp_path, source, "2.0", given)
    assert not findings and "async_database_url" not in after


def test_the_listener_knows_what_the_table_of_the_driver_does() -> None:
    row = async_driver("postgresql+asyncpg")
    assert row is not None
    fates = {a.name.rstrip("*"): a.fate for a in row.arguments}
    assert {n for n, fate in fates.items() if fate is ArgumentFate.DROPPED} == set(WITHOUT)
    others = {n for n, fate in fates.items() if fate is not ArgumentFate.DROPPED} - set(IN_DSN)
    assert others == {"channel_binding", "connect_timeout", "fallback_application_name"}


SENTENCES = (
    HEAD
    + """\
from sqlalchemy.exc import IntegrityError

engine = create_engine(json.load(sys.stdin)["url"])


def attempt(statement):
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except IntegrityError as error:
        original = error.orig
        said = [str(error.orig), str(original), f"no: {error.orig}", error.orig.args[0], original.args[0]]
        return [*(one.strip() for one in said), "already exists" in str(error.orig)]
    return None


def main():
    made = ["CREATE TABLE notes (id int UNIQUE)", "INSERT INTO notes VALUES (1)", "INSERT INTO notes VALUES (1)"]
    print(json.dumps([attempt(statement) for statement in made]))


if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_error_says(version: str, postgres: Postgres, tmp_path: Path) -> None:
    given = {"url": postgres.url(postgres.create())}
    before = answers(tmp_path, SENTENCES, version, given)
    after, findings = migrated(SENTENCES, "asyncpg", f"sqlalchemy=={version}.*")
    assert answers(tmp_path, after, version, {"url": postgres.url(postgres.create())}) == before
    assert before[2][0].startswith("duplicate key") and not findings


CODE = """\
from psycopg2.extensions import register_adapter
from psycopg2 import errors
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

engine = create_engine("postgresql://localhost/shop")


def save():
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT ';' -- ; \\n"))
            connection.execute(text("DELETE FROM a; DELETE FROM b WHERE id = :id"), {"id": 1})
    except IntegrityError as error:
        print(error.orig.pgerror, isinstance(error.orig, errors.lookup("23505")), error.orig.diag)
    except ValueError as other:
        print(other.orig.pgcode)


register_adapter(dict, str)
"""


@pytest.mark.parametrize(
    ("driver", "codes"),
    [
        ("psycopg", ["driver-error", "driver-values"]),
        ("asyncpg", ["driver-error", "driver-error", "driver-text", "driver-values"]),
    ],
)
def test_what_only_psycopg2_has_is_told(driver: str, codes: list[str]) -> None:
    after, findings = migrated(CODE, driver)
    assert sorted(f.code for f in findings) == codes
    assert "other.orig.pgcode" in after and "error.orig.pgerror" in after


NAMED = """\
import sys

from sqlalchemy import create_engine, text

URL = "postgresql+psycopg2://localhost/shop"
engine = create_engine(URL)


def save():
    try:
        if "psycopg2" in URL:
            with engine.begin() as connection:
                connection.execute(text("SELECT 1"))
    except ImportError as error:
        print("psycopg2" in str(error))
    except Exception as error:
        print("psycopg2.errors.UniqueViolation" in str(error), "psycopg2" in sys.modules)
"""


@pytest.mark.parametrize(("driver", "codes"), [("psycopg", []), ("asyncpg", ["driver-error"])])
def test_the_class_that_a_text_names(driver: str, codes: list[str]) -> None:
    after, findings = migrated(NAMED, driver)
    assert [f.code for f in findings] == codes
    assert ('"psycopg.errors.UniqueViolation" in str(error)' in after) is not bool(codes)
    assert 'print("psycopg2" in str(error))' in after and '"psycopg2" in sys.modules' in after
    assert 'if "psycopg2" in URL:' in after


TEXTS = (
    HEAD
    + """\
from sqlalchemy import bindparam

engine = create_engine(json.load(sys.stdin)["url"])
KNOWN = bindparam("ids", expanding=True)


def main():
    found = []
    numbers = "SELECT n FROM (VALUES (1), (2), (3)) AS t (n) WHERE n"
    with engine.connect() as connection:
        some = text("SELECT n FROM (VALUES (1), (2), (3)) AS t (n) WHERE n IN :ids AND n < :most ORDER BY n")
        found.append(connection.execute(some, {"ids": (1, 3), "most": 9}).scalars().all())
        found.append(connection.execute(text(f"{numbers} NOT IN :ids"), {"ids": tuple([1, 3])}).scalars().all())
        known = text("SELECT 1 WHERE 1 IN :ids").bindparams(KNOWN)
        later = text("SELECT 1 WHERE 1 IN :ids")
        found.append(connection.execute(later.bindparams(KNOWN), {"ids": [2]}).scalars().all())
        found.append(connection.execute(known, {"ids": [1, 3]}).scalars().all())
        given = text(f"{numbers} IN :ids")
        given = given.bindparams(ids=(1, 3))
        found.append(connection.execute(given).scalars().all())
        found.append(connection.execute(text("SELECT 'a IN :b' -- IN :c")).scalar())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize(("driver", "version"), RUNS)
def test_lists_in_texts(driver: str, version: str, postgres: Postgres, tmp_path: Path) -> None:
    source = TEXTS.replace(":b'", "b'").replace("IN :c", "IN c")
    after, findings = migrated(source, driver)
    given = {"url": postgres.url(postgres.create())}
    expected = answers(tmp_path, source, version, given)
    assert expected == [[1, 3], [2], [], [1], [1, 3], "a IN b"]
    assert answers(tmp_path, after, version, given) == expected
    assert not findings and after.count("expanding") == 4


@pytest.mark.parametrize(
    ("text", "drivers"),
    [
        ("SELECT 1 WHERE :name IS NULL OR name = :name", ["asyncpg"]),
        ("DELETE FROM a WHERE made < now() - interval ':days days'", ["asyncpg"]),
        ("UPDATE a SET n = :n; UPDATE b SET n = 1", ["asyncpg"]),
        ("UPDATE a SET n = :n; SELECT 1;", ["psycopg", "asyncpg"]),
    ],
)
def test_texts_that_another_driver_reads_otherwise_are_told(text: str, drivers: list[str]) -> None:
    source = WORKER.replace("SELECT 1", text)
    for driver in ("psycopg", "asyncpg"):
        assert [f.code for f in migrated(source, driver)[1]] == ["driver-text"] * (driver in drivers)


@pytest.mark.parametrize("text", ["SELECT n::int IS NULL, 'at 10:30' FROM a;", "SELECT CAST(:n AS int) IS NULL"])
def test_texts_that_can(text: str) -> None:
    assert not migrated(WORKER.replace("SELECT 1", text), "asyncpg")[1]


WORKER = """\
from celery import shared_task
from psycopg2.errors import UniqueViolation
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

engine = create_engine("postgresql://localhost/shop")


@shared_task
def clean():
    try:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM carts; DELETE FROM marks WHERE id = 1"))
    except IntegrityError as error:
        return isinstance(error.orig, UniqueViolation)


def page():
    with engine.connect() as connection:
        return connection.scalar(text("SELECT 1"))
"""


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_what_keeps_a_sync_engine_keeps_its_errors(driver: str) -> None:
    after, findings = migrated(WORKER, driver)
    assert "isinstance(error.orig, UniqueViolation)" in after and "sync_engine.begin()" in after
    assert not findings


NUMBERS = (
    HEAD
    + """\
from sqlalchemy import Column, Date, Integer, String
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
engine = create_engine(json.load(sys.stdin)["url"])


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    size = Column(Integer)
    day = Column(Date)


def asked(db, given):
    query = db.query(Item.name)
    yield query.filter(Item.id == given).all()
    yield query.filter(Item.id != given, Item.size >= given).order_by(Item.id).all()
    yield query.filter(Item.id.in_([given, "3"])).order_by(Item.id).all()
    yield query.filter_by(id=given, name="n" + given).all()
    yield query.filter(Item.name == given).all()
    yield query.filter(Item.day > "2024-01-02", Item.day.between("2024-01-01", "2024-01-03")).all()
    yield db.query(Item).filter(Item.id == given).update({"name": "new"}, synchronize_session=False)


def main():
    Base.metadata.create_all(engine)
    found = []
    with Session(engine) as db:
        db.add_all([Item(id=n, name=f"n{n}", size=n, day=f"2024-01-0{n}") for n in range(1, 5)])
        db.commit()
        for given in ("2", " 3 ", "77"):
            for answer in asked(db, given):
                found.append(answer if isinstance(answer, int) else [list(row) for row in answer])
        try:
            db.query(Item).filter(Item.id == "x").all()
        except DBAPIError as error:
            found.append(error.orig.pgcode)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize("version", [v for d, v in RUNS if d == "psycopg"])
def test_texts_that_are_compared_with_numbers(version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(NUMBERS, "psycopg")
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    expected = answers(tmp_path, NUMBERS, version, given[0])
    assert expected[0] == [["n2"]] and expected[-1] == "22P02"
    assert answers(tmp_path, after, version, given[1]) == expected
    assert not findings


SEARCH = (
    HEAD
    + """\
engine = create_engine(json.load(sys.stdin)["url"])
FUNCTION = "CREATE FUNCTION {name}() RETURNS text AS $$ SELECT {value} $$ LANGUAGE sql"


def main():
    found = []
    with engine.begin() as connection:
        connection.execute(text(FUNCTION.format(name="say", value="CAST(:said AS text)")), {"said": "it's 100%"})
        connection.execute(text("CREATE TABLE notes (body text DEFAULT 'a%')"))
        connection.execute(text("COMMENT ON TABLE notes IS :what"), {"what": "all: notes"})
        found.append(connection.execute(text("SELECT say()")).scalar())
        found.append(connection.execute(text("SELECT obj_description(CAST('notes' AS regclass))")).scalar())
        connection.execute(text("INSERT INTO notes DEFAULT VALUES"))
        found.append(connection.execute(text("SELECT body FROM notes WHERE body <> :no"), {"no": "b"}).scalar())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize("version", [v for d, v in RUNS if d == "psycopg"])
def test_values_in_ddl(version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(SEARCH, "psycopg")
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    expected = answers(tmp_path, SEARCH, version, given[0])
    assert expected == ["it's 100%", "all: notes", "a%"]
    assert answers(tmp_path, after, version, given[1]) == expected
    assert not findings


CLASSES = (
    HEAD
    + """\
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import SQLAlchemyError

given = json.load(sys.stdin)
engine = create_engine(given["url"])
nowhere = create_engine(given["nowhere"])
FAILING = [
    "SELECT 1 / 0", "SELECT CAST('x' AS int)", "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", "SELECT nothing",
    "SELECT pg_sleep(9)", "INSERT INTO ones VALUES (1)", "SELECT (SELECT n FROM (VALUES (1), (2)) AS t (n))",
]


def attempt(statement):
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 300"))
            connection.execute(text(statement))
    except (DataError, IntegrityError, InternalError, OperationalError, ProgrammingError) as error:
        return [type(error).__name__, error.connection_invalidated]
    except DBAPIError:
        return ["other"]
    return []


def connect():
    try:
        with nowhere.connect() as connection:
            connection.execute(text("SELECT 1"))
    except OperationalError:
        return "down"
    except SQLAlchemyError:
        return "broken"


def main():
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ones (id int PRIMARY KEY)"))
        connection.execute(text("INSERT INTO ones VALUES (1)"))
    print(json.dumps([attempt(statement) for statement in FAILING] + [connect()]))


if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize(("driver", "version"), RUNS)
def test_the_classes_of_errors(driver: str, version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(CLASSES, driver)
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    for one in given:
        one["nowhere"] = one["url"].replace("/test_", "/no_")
    expected = answers(tmp_path, CLASSES, version, given[0])
    assert [e[0] for e in expected[:-1]] == [
        *("DataError", "DataError", "InternalError", "ProgrammingError", "OperationalError", "IntegrityError"),
        "ProgrammingError",
    ]
    assert expected[-1] == "down"
    assert answers(tmp_path, after, version, given[1]) == expected
    assert not findings


@pytest.mark.parametrize(
    "call", ["execute(text(TABLES))", "exec_driver_sql(TABLES)", 'exec_driver_sql("DROP TABLE a;" + LAST)']
)
def test_several_statements_in_a_name_or_given_to_the_driver_are_told(call: str) -> None:
    kept = 'TABLES = """\ncreate table a (id int);\ncreate table b (id int);\n"""\nLAST = ""\n\n\ndef '
    source = CODE.replace("def ", kept, 1).replace("execute(text(\"SELECT ';' -- ; \\n\"))", call)
    assert call in source
    told = [f for f in migrated(source, "asyncpg")[1] if f.code == "driver-text"]
    assert len(told) == (1 if "+" in call else 2)


def test_texts_that_are_given_for_dates_in_texts_are_told() -> None:
    source = WORKER.replace("def page():", "def page(day: str):")
    source = source.replace(
        'text("SELECT 1"))', 'text("SELECT 1 FROM a WHERE day >= :day AND x = :x"), {"day": day, "x": day})'
    )
    assert [f.code for f in migrated(source, "asyncpg")[1]] == ["driver-text"]
    assert not migrated(source, "psycopg")[1]
    assert not migrated(source.replace("day: str", "day: date"), "asyncpg")[1]


ADDRESSES = """\
import os

from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import declarative_base

Base = declarative_base()
engine = create_engine(os.environ["URL"], pool_size=3)


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    address = Column(INET)
"""


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_addresses_stay_texts(driver: str) -> None:
    after, findings = migrated(ADDRESSES, driver)
    assert "pool_size=3, native_inet_types=False)" in after and not findings
    assert "native_inet_types" not in migrated(ADDRESSES.replace("INET", "CHAR"), driver)[0]
    both = ADDRESSES.replace('os.environ["URL"]', 'os.environ.get("URL", "sqlite://")')
    after, findings = migrated(both, driver)
    assert "native_inet_types" not in after and [f.code for f in findings] == ["driver-values"]


VALUES = (
    "import os\n"
    + HEAD
    + """\
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from time import tzset
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, DateTime, Float, Integer, Interval, Numeric, String, Time, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
engine = create_engine(json.load(sys.stdin)["url"])


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    size = Column(Integer)
    large = Column(BigInteger)
    weight = Column(Float)
    price = Column(Numeric(8, 2))
    name = Column(String(40))
    day = Column(Date)
    at = Column(Time)
    made = Column(DateTime)
    seen = Column(DateTime(timezone=True))
    every = Column(Interval)
    marks = Column(ARRAY(Integer))


os.environ["TZ"] = "America/New_York"
tzset()
AWARE = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
GIVEN = [
    {"made": AWARE}, {"made": "2024-01-02T03:04:05"}, {"made": datetime(2024, 1, 2)}, {"made": date(2024, 1, 2)},
    {"seen": "2024-01-02T03:04:05Z"}, {"seen": AWARE}, {"seen": datetime(2024, 1, 2)},
    {"day": "2024-02-29"}, {"day": AWARE}, {"at": "10:30"},
    {"every": "2 days"}, {"size": "5"}, {"size": 5.5}, {"size": Decimal("6.5")}, {"large": "7"}, {"weight": "1.5"},
    {"price": "1.25"}, {"marks": ["1", "2"]}, {"marks": (3,)}, {"name": 5}, {"name": True}, {"name": 1.5},
    {"name": UUID(int=3)}, {"name": date(2024, 1, 2)}, {"name": AWARE}, {"name": datetime(2024, 1, 2)}, {"name": "a"},
    {"size": None, "name": None, "made": None},
]


def asked(db, number: str, day: str, moment: str):
    yield db.query(Item).filter(Item.size == number).count()
    yield db.query(Item).filter(Item.day >= day, Item.day < "2024-03-01").count()
    yield db.query(Item).filter(moment == Item.made).count()
    yield db.query(Item).filter(Item.made == AWARE).count()
    yield db.query(Item).filter(Item.size == 2**40).count()
    yield db.query(Item).filter(Item.size == 5.7).count()
    yield db.query(Item).filter(Item.size == "6").update({"made": "2024-05-06", "name": 8})


def main():
    Base.metadata.create_all(engine)
    found = []
    with Session(engine) as db:
        for values in GIVEN:
            item = Item(**values)
            db.add(item)
            db.commit()
            (name, *_) = values
            found.append([name, str(db.scalar(select(getattr(Item, name)).where(Item.id == item.id)))])
        db.add_all([Item(size="3", made=AWARE, name=1), Item(size="4", made=AWARE, name=2)])
        db.commit()
        found.extend(asked(db, "5", "2024-02-01", "2024-01-02 00:00:00"))
        db.commit()
        found.append([str(row) for row in db.query(Item.made, Item.name).filter(Item.size == 6)])
        try:
            db.query(Item).filter(Item.day == "x").all()
        except DBAPIError as error:
            found.append(error.orig.pgcode)
            db.rollback()
        try:
            db.add(Item(day="2024-13-01"))
            db.commit()
        except DBAPIError as error:
            found.append(error.orig.pgcode)
            db.rollback()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize("version", [v for d, v in RUNS if d == "asyncpg" and v != "1.4"])
def test_values_of_another_type_than_their_column(version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(VALUES, "asyncpg")
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    expected = answers(tmp_path, VALUES, version, given[0])
    assert expected[0] == ["made", "2024-01-02 01:04:05"] and expected[-2:] == ["22007", "22008"]
    assert answers(tmp_path, after, version, given[1]) == expected
    assert not findings

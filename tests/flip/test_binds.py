"""The engine of a session, asked of the session."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_the_engine_of_a_session(tmp_path: Path) -> None:
    app = """
from sqlalchemy import inspect, text

from models import Base


@app.get("/")
def read(db: Session = Depends(get_db)):
    engine = db.get_bind()
    Base.metadata.create_all(bind=engine)
    with engine.connect() as connection:
        one = connection.execute(text("select 1")).scalar()
    Base.metadata.create_all(db.get_bind())
    tables = inspect(db.get_bind()).get_table_names()
    same = inspect(engine).get_table_names() == tables
    return [one, same, sorted(tables), db.get_bind().dialect.name, db.get(User, 1).name]
"""
    after = prove(tmp_path, HEAD + app, [("GET", "/")])["main.py"]
    assert "engine = db.bind" in after
    assert "db.get_bind().dialect.name" in after


def test_sessions_that_are_made_with_the_engine_of_another(tmp_path: Path) -> None:
    """`get_bind()` of an async session gives the sync engine, with which no async session can be made."""
    app = """
from sqlalchemy.orm import sessionmaker


def count(engine):
    with Session(engine) as own:
        return own.query(User).count()


@app.get("/")
def read(db: Session = Depends(get_db)):
    Factory = sessionmaker(bind=db.get_bind())
    with Factory() as own, Session(db.get_bind()) as third, sessionmaker(db.get_bind())() as last:
        found = [s.get(User, 1).name for s in (own, third, last)]
    return [*found, count(db.get_bind()), db.get_bind().dialect.name]
"""
    after = prove(tmp_path, HEAD + app, [("GET", "/")])["main.py"]
    assert after.count("get_bind()") == 1


def test_tables_that_a_script_makes_in_a_block(tmp_path: Path) -> None:
    script = """\
from db import engine
from models import Base

if __name__ == "__main__":
    print("begin")
    Base.metadata.drop_all(bind=engine)
    Base.metadata.create_all(bind=engine)
    print("end")
"""
    app = HEAD + "\n\n@app.get('/')\ndef read():\n    return 1\n"
    after = prove(tmp_path, {"main.py": app, "reset.py": script}, [("GET", "/")], [["reset.py"]])["reset.py"]
    assert all(line == line.rstrip() for line in after.splitlines())
    assert "\n\n\n    " not in after

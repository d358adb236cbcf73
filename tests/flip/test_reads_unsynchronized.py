"""Rows that an UPDATE changes behind the session, asked for again while somebody else holds the instances."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

APP = (
    HEAD
    + """
from pydantic import BaseModel


class UserOut(BaseModel):
    name: str
    age: int
    model_config = {"from_attributes": True}


def everybody(db: Session = Depends(get_db)):
    return db.query(User).all()


def older(db: Session, key: int):
    query = db.query(User).filter(User.id == key)
    if not query.first():
        return None
    query.update({"age": User.age + 1}, synchronize_session=False)
    db.commit()
    return query.first()


@app.post("/older/{key}", response_model=UserOut | None)
def make_older(key: int, users=Depends(everybody), db: Session = Depends(get_db)):
    return older(db, key)


@app.post("/renamed/{key}", response_model=UserOut)
def renamed(key: int, users=Depends(everybody), db: Session = Depends(get_db)):
    db.query(User).filter(User.id == key).update({"name": "new"}, synchronize_session=False)
    db.commit()
    return db.get(User, key)


@app.post("/told/{key}", response_model=list[UserOut])
def told(key: int, users=Depends(everybody), db: Session = Depends(get_db)):
    db.query(User).filter(User.id == key).update({"name": "told"})
    db.commit()
    return db.query(User).order_by(User.id).all()
"""
)


def test_what_is_asked_for_again_is_read_again(tmp_path: Path) -> None:
    paths = ["/older/1", "/older/9", "/renamed/2", "/told/1"]
    done = prove(tmp_path, APP, [("POST", path) for path in paths])["main.py"]
    assert 'await db.scalar(query.limit(1), execution_options={"populate_existing": True})' in done
    assert "await db.get(User, key, populate_existing=True)" in done
    assert done.count("populate_existing") == 2


def test_sessions_that_expire_nothing_go_on_as_they_were() -> None:
    db = BASE["db.py"].replace("autocommit=False", "expire_on_commit=False, autocommit=False")
    assert "populate_existing" not in migrate({**BASE, "db.py": db, "main.py": APP})["main.py"]

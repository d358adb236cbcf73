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


CHANGED = (
    HEAD
    + """
def everybody(db: Session = Depends(get_db)):
    return db.query(User).all()


def rename(user: User):
    user.name = "renamed"


@app.post("/own/{key}")
def own(key: int, users=Depends(everybody), db: Session = Depends(get_db)):
    db.query(User).update({"age": User.age + 1}, synchronize_session=False)
    db.commit()
    user = db.scalar(select(User).where(User.id == key))
    user.name = "own"
    found = [again.name for again in db.scalars(select(User).order_by(User.id))]
    db.commit()
    return found


@app.post("/called/{key}")
def called(key: int, users=Depends(everybody), db: Session = Depends(get_db)):
    db.query(User).update({"age": User.age + 1}, synchronize_session=False)
    db.commit()
    user = db.scalar(select(User).where(User.id == key))
    rename(user)
    found = [again.name for again in db.scalars(select(User).order_by(User.id))]
    db.commit()
    return found


@app.post("/looped")
def looped(users=Depends(everybody), db: Session = Depends(get_db)):
    db.query(User).update({"age": User.age + 1}, synchronize_session=False)
    db.commit()
    user = db.scalar(select(User).where(User.id == 1))
    found = []
    for name in ("first", "second"):
        found += [again.name for again in db.scalars(select(User).order_by(User.id))]
        user.name = f"{user.name} {name}"
    db.commit()
    return found


@app.post("/flushed/{key}")
def flushed(key: int, users=Depends(everybody), db: Session = Depends(get_db)):
    db.query(User).update({"age": User.age + 1}, synchronize_session=False)
    db.commit()
    user = db.scalar(select(User).where(User.id == key))
    user.name = "flushed"
    db.flush()
    found = [[again.name, again.age] for again in db.scalars(select(User).order_by(User.id))]
    db.commit()
    return found


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return [user.name for user in db.scalars(select(User).order_by(User.id))]
"""
)


def test_what_waits_to_be_flushed_is_not_read_over(tmp_path: Path) -> None:
    """Where no query flushes before it, and something of the class was changed behind the commit."""
    paths = ["/own/1", "/called/2", "/looped", "/flushed/2"]
    requests = [request for path in paths for request in (("POST", path), ("GET", "/names"))]
    migrated = prove(tmp_path, CHANGED, requests, codes=["eager-outdated"])
    assert migrated["main.py"].count("populate_existing") == 1
    assert [f.code for f in migrated.findings] == ["eager-outdated"] * 3
    flushing = {**BASE, "db.py": BASE["db.py"].replace("autoflush=False, ", ""), "main.py": CHANGED}
    assert migrate(flushing)["main.py"].count("populate_existing") == 4

"""The less used members of sessions and engines, streams and sockets, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_rare_members_of_sessions(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session as Base, make_transient, object_session
from sqlalchemy.orm.attributes import flag_modified

from db import SessionLocal
from models import Post


@app.get("/state")
def state(db: Session = Depends(get_db)):
    db.info["who"] = "me"
    user = db.query(User).filter(User.id == 1).with_for_update().one()
    new = User(name="new")
    db.add(new)
    before = [new in db.new, user in db, inspect(new).pending, inspect(user).persistent, db.is_modified(user)]
    user.name = "changed"
    flag_modified(user, "age")
    dirty = [user in db.dirty, [a.key for a in inspect(user).attrs if a.history.has_changes()]]
    with db.no_autoflush:
        count = db.query(User).count()
    same = [object_session(user) is Base.object_session(user), object_session(user) is not None]
    db.expunge(new)
    make_transient(user)
    return [before, dirty, count, same, inspect(user).transient, db.info["who"], len(db.identity_map),
            inspect(User).primary_key[0].name, [d.name for d in inspect(User).relationships.posts.mapper.columns]]


@app.get("/bind")
def bind(db: Session = Depends(get_db)):
    engine = db.get_bind()
    names = [engine.dialect.name, db.bind.dialect.name, db.get_bind().url.database, db.get_bind() is not None]
    if db.bind.dialect.name == "sqlite":
        db.execute(text("PRAGMA foreign_keys=ON"))
    conn = db.connection()
    return [names, conn.execute(text("select count(*) from users")).scalar_one(), conn.dialect.name, db.is_active]


@app.post("/nested")
def nested(db: Session = Depends(get_db)):
    with db.begin_nested():
        db.add(User(name="kept"))
    try:
        with db.begin_nested() as point:
            db.add(User(name="lost"))
            db.flush()
            raise RuntimeError
    except RuntimeError:
        pass
    savepoint = db.begin_nested()
    db.add(User(name="also lost"))
    savepoint.rollback()
    db.commit()
    return [u.name for u in db.query(User).order_by(User.id)]


@app.post("/bulk")
def bulk():
    with SessionLocal() as session, session.begin():
        session.bulk_save_objects([User(name="a"), User(name="b")], return_defaults=True)
        session.bulk_insert_mappings(Post, [{"title": "c"}])
        session.bulk_update_mappings(User, [{"id": 1, "age": 99}])
    with SessionLocal.begin() as session:
        merged = session.merge(User(id=2, name="merged"))
        session.execute(User.__table__.update().where(User.id == 3).values(age=7))
        name = merged.name
    with SessionLocal() as session:
        return [name, [[u.name, u.age] for u in session.query(User).order_by(User.id)], session.query(Post).count()]
"""
    )
    prove(tmp_path, app, [("GET", "/state"), ("GET", "/bind"), ("POST", "/nested"), ("POST", "/bulk")])


def test_web_sockets_and_streams(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import csv
import io

from fastapi import WebSocket
from fastapi.responses import StreamingResponse

from db import SessionLocal


@app.websocket("/ws")
async def socket(ws: WebSocket, db: Session = Depends(get_db)):
    await ws.accept()
    for _ in range(3):
        key = int(await ws.receive_text())
        user = db.get(User, key)
        with SessionLocal() as other:
            total = other.query(User).count()
        await ws.send_json([user.name if user else None, total])
    await ws.close()


def rows(db: Session):
    for user in db.query(User).order_by(User.id):
        yield f"{user.name}\\n"


@app.get("/lines")
def lines():
    def generate():
        with SessionLocal() as db:
            yield from rows(db)
            for user in db.query(User).yield_per(1):
                yield str(user.age)

    return StreamingResponse(generate(), media_type="text/plain")


@app.get("/csv")
def as_csv(db: Session = Depends(get_db)):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows((u.name, u.age) for u in db.query(User).order_by(User.id))
    return StreamingResponse(iter([out.getvalue()]), media_type="text/csv")


@app.get("/parts")
def parts(db: Session = Depends(get_db)):
    return StreamingResponse((f"{u.name}," for u in db.query(User).order_by(User.id).all()), media_type="text/plain")
"""
    )
    prove(tmp_path, app, [("WS", "/ws", ["1", "9", "2"]), ("GET", "/lines"), ("GET", "/csv"), ("GET", "/parts")])

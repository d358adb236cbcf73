"""Reads in decorators, tasks, streams, sockets, dependencies and class-based views."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_places(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

import json
from contextlib import contextmanager
from functools import wraps
from fastapi import APIRouter, WebSocket
from fastapi.responses import StreamingResponse

LOG = []


class TagOut(Out):
    name: str


class PostOut(Out):
    title: str
    tags: List[TagOut]


class UserOut(Out):
    name: str
    posts: List[PostOut]


def logged(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        LOG.append([t.name for t in result.tags])
        return result

    return wrapper


@app.get("/decorated/{key}")
@logged
def decorated(key: int, db: Session = Depends(get_db)) -> PostOut:
    return db.get(Post, key)


def tell(user: User, words: List[str]) -> None:
    LOG.append(f"{user.name} {user.team.name} {words}")


@app.post("/background/{key}")
def background(key: int, tasks: BackgroundTasks, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    tasks.add_task(tell, user, words=["a"])
    return "ok"


@app.get("/log")
def log():
    return LOG


@app.get("/stream")
def stream(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()

    def lines():
        yield "name,posts,tags\\n"
        for u in users:
            for p in u.posts:
                yield f"{u.name},{p.title},{'|'.join(t.name for t in p.tags)}\\n"

    return StreamingResponse(lines(), media_type="text/csv")


def rows_of(users):
    for u in users:
        yield json.dumps({"n": u.name, "t": u.team_name}) + "\\n"


@app.get("/stream2")
def stream2(db: Session = Depends(get_db)):
    return StreamingResponse(rows_of(db.query(User).order_by(User.id)), media_type="application/x-ndjson")


@app.websocket("/ws/{key}")
async def socket(websocket: WebSocket, key: int, db: Session = Depends(get_db)):
    await websocket.accept()
    user = db.get(User, key)
    text = await websocket.receive_text()
    await websocket.send_json(
        {"text": text, "posts": [p.title for p in user.posts], "full": UserOut.model_validate(user).model_dump()}
    )
    await websocket.close()


def current(key: int, db: Session = Depends(get_db)) -> User:
    user = db.get(User, key)
    if user is None:
        raise HTTPException(404)
    return user


def with_team(user: User = Depends(current)):
    if user.team is None:
        raise HTTPException(403)
    return user.team


class Filter:
    def __init__(self, user: Annotated[User, Depends(current)], limit: int = 10):
        self.user = user
        self.limit = limit

    def posts(self):
        return [p.title for p in self.user.posts][: self.limit]


def held(user: User = Depends(current)):
    try:
        yield {"user": user, "first": user.posts[0] if user.posts else None}
    finally:
        LOG.append(user.profile.bio if user.profile else "-")


@app.get("/team/{key}")
def team(team: Team = Depends(with_team)):
    return [u.name for u in team.users]


@app.get("/filter/{key}")
def filtered(f: Filter = Depends()):
    return [f.posts(), f.user.team_name]


@app.get("/held/{key}")
def holding(h: dict = Depends(held)):
    return [h["user"].tag_names, h["first"].comments[0].text if h["first"] else None]


class Views:
    router = APIRouter(prefix="/cbv")

    def __init__(self, db: Session = Depends(get_db)):
        self.db = db
        self.found = None

    def load(self, key: int):
        self.found = self.db.get(User, key)
        self.all = self.db.scalars(select(Post).order_by(Post.id)).all()

    def show(self):
        return {"t": self.found.team.name, "c": [len(p.comments) for p in self.all]}


@app.get("/cbv/{key}")
def cbv(key: int, views: Views = Depends(Views)):
    views.load(key)
    return views.show()
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/decorated/1"),
        ("POST", "/background/1"),
        ("GET", "/log"),
        ("GET", "/stream"),
        ("GET", "/stream2"),
        ("WS", "/ws/1", ["x"]),
        ("GET", "/team/1"),
        ("GET", "/team/3"),
        ("GET", "/filter/1"),
        ("GET", "/held/1"),
        ("GET", "/log"),
        ("GET", "/cbv/1"),
    ]
    prove(tmp_path, files, requests)

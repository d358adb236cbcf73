"""Instances of which nobody knows where they were loaded: read in the greenlet."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

UNKNOWN = (
    HEAD
    + """
from operator import attrgetter, itemgetter


class TagOut(Out):
    name: str


class PostOut(Out):
    title: str
    tags: List[TagOut]


class UserOut(Out):
    name: str
    posts: List[PostOut]


def one(db: Session, key: int) -> User:
    return itemgetter(0)(db.scalars(select(User).filter_by(id=key)).all())


def every(db: Session) -> List[User]:
    return itemgetter(slice(None))(db.scalars(select(User).order_by(User.id)).all())
"""
)


def test_map(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

@app.get("/")
def read(db: Session = Depends(get_db)):
    return list(map(UserOut.model_validate, every(db)))
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [("GET", "/")]
    prove(tmp_path, files, requests)


def test_attrgetter(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

@app.get("/")
def read(db: Session = Depends(get_db)):
    users = [u for u in every(db) if u.team_id]
    users.sort(key=attrgetter("team.name"))
    return [[u.name for u in users], [u.name for u in sorted(users, key=attrgetter("profile.bio"), reverse=True)]]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [("GET", "/")]
    prove(tmp_path, files, requests)


def test_sorted(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

@app.get("/")
def read(db: Session = Depends(get_db)):
    users = sorted(every(db), key=lambda u: (-len(u.posts), u.name))
    return [u.name for u in users]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [("GET", "/")]
    prove(tmp_path, files, requests)


def test_max(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

@app.get("/")
def read(db: Session = Depends(get_db)):
    return [
        max(every(db), key=lambda u: len(u.posts)).name,
        sum(len(u.posts) for u in every(db)),
        any(u.team for u in every(db)),
        {u.name: u.team_name for u in every(db)},
        [p.title for u in every(db) for p in u.posts],
    ]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [("GET", "/")]
    prove(tmp_path, files, requests)


def test_serializer(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

from pydantic import field_serializer


class Ser(Out):
    posts: List[Any]

    @field_serializer("posts")
    def ser(self, posts) -> List[str]:
        return [t.name for p in posts for t in p.tags]


@app.get("/{key}", response_model=Ser)
def read(key: int, db: Session = Depends(get_db)):
    return one(db, key)
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [("GET", "/1"), ("GET", "/3")]
    prove(tmp_path, files, requests)


def test_template(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

from pathlib import Path

from fastapi.templating import Jinja2Templates

templates = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))


@app.get("/{key}")
def read(request: Request, key: int, db: Session = Depends(get_db)):
    return templates.TemplateResponse(request, "u.html", {"user": one(db, key), "users": every(db)})
"""
    )
    t_u_html = """\
{% for p in user.posts %}{{ p.title }}{{ p.tags|map(attribute="name")|join }}{% endfor %}{% for u in users %}
{{ u }}{{ u.team_name }}{% endfor %}
"""
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main, "templates/u.html": t_u_html}
    requests = [("GET", "/1")]
    prove(tmp_path, files, requests)


def test_stream(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

from fastapi.responses import StreamingResponse


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = one(db, key)

    def lines():
        for p in user.posts:
            yield p.title
            yield ",".join(t.name for t in p.tags)

    return StreamingResponse(lines(), media_type="text/plain")


def tell(user: User):
    print(user.team.name, [p.title for p in user.posts])


@app.post("/{key}")
def background(key: int, tasks: BackgroundTasks, db: Session = Depends(get_db)):
    tasks.add_task(tell, one(db, key))
    return 1
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [("GET", "/1"), ("POST", "/1")]
    prove(tmp_path, files, requests)


def test_carrier(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

from dataclasses import dataclass


@dataclass
class Card:
    user: User

    @property
    def size(self) -> int:
        return len(self.user.posts)

    def lines(self):
        return [p.title for p in self.user.posts]

    def __len__(self):
        return len(self.user.posts)


class CardOut(Out):
    size: int
    user: UserOut


@app.get("/{key}", response_model=CardOut)
def read(key: int, db: Session = Depends(get_db)):
    return Card(one(db, key))


@app.get("/l/{key}")
def lines(key: int, db: Session = Depends(get_db)):
    card = Card(user=one(db, key))
    return [card.lines(), card.size, len(card)]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [("GET", "/1"), ("GET", "/l/1")]
    prove(tmp_path, files, requests)


def test_what_a_condition_has_read_is_loaded_behind_it(tmp_path: Path) -> None:
    main = (
        UNKNOWN
        + """

@app.get("/conditional/{key}")
def conditional(key: int, db: Session = Depends(get_db)):
    user = one(db, key)
    return user.team.name if user.team else None


@app.get("/both/{key}")
def both(key: int, db: Session = Depends(get_db)):
    user = one(db, key)
    return user.team and user.team.name


@app.get("/all")
def all_of_them(db: Session = Depends(get_db)):
    return [{"team": user.team.name if user.name and user.team else None} for user in every(db)]


@app.get("/otherwise/{key}")
def otherwise(key: int, db: Session = Depends(get_db)):
    user = one(db, key)
    return "none" if not (user.name == "zz" or user.team) else len(user.team.name)


@app.get("/unsure/{key}")
def unsure(key: int, db: Session = Depends(get_db)):
    user = one(db, key)
    return "nobody" if user.name == "zz" and user.team else user.team.name if user.name else None


@app.get("/forgotten/{key}")
def forgotten(key: int, db: Session = Depends(get_db)):
    user = one(db, key)
    return user.team.name if user.team and db.expire(user) is None else None
"""
    )
    keys = ["conditional/1", "conditional/2", "conditional/3", "both/1", "both/3", "all", "otherwise/1", "unsure/1"]
    requests = [("GET", f"/{key}") for key in [*keys, "forgotten/1"]]
    migrated = prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": main}, requests)
    text = migrated["main.py"]
    assert "return user.team.name if await user.awaitable_attrs.team else None" in text
    assert "return await user.awaitable_attrs.team and user.team.name" in text
    assert '"team": user.team.name if user.name and await user.awaitable_attrs.team else None' in text
    assert text.count("awaitable_attrs") == 3 + 2 + 2 + 2


def test_models_of_installed_packages_are_reported(tmp_path: Path) -> None:
    """Nothing of such a package is read: what its relationships are is not known, and said once for each class."""
    shared = {"records.py": MODELS}
    app = {
        "models.py": "from records import *  # kept\n",
        "filling.py": FILLING,
        "main.py": """\
from fastapi import Depends, FastAPI
from records import Post, User
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import get_db

app = FastAPI()


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User).order_by(User.id)]


@app.get("/count")
def count(db: Session = Depends(get_db)):
    return [db.scalar(matching(select(func.count(Post.id)), Post)), db.scalars(select(User)).first().name]


def matching(statement, kind):
    return statement.where(kind.id > 0)
""",
    }
    migrated = prove(
        tmp_path, app, [("GET", "/users"), ("GET", "/count")], codes=["eager-installed-model"], installed=shared
    )
    assert [f.message.partition(" ")[0] for f in migrated.findings] == ["records.User"]

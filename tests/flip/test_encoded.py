"""`jsonable_encoder` of an instance takes what is loaded: loads before it show, and may send it round in a circle."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

ENCODER = "\n\nfrom typing import Type\n\nfrom fastapi.encoders import jsonable_encoder\n"
UPDATE = '''

Row = TypeVar("Row", bound=Base)


class Store(Generic[Row]):
    def __init__(self, model: Type[Row]):
        self.model = model

    def find(self, db: Session, key: int) -> Optional[Row]:
        return db.query(self.model).filter(self.model.id == key).first()

    def update(self, row: Row, given: dict) -> Row:
        data = jsonable_encoder(row)
        for name in data:
            if name in given:
                setattr(row, name, given[name])
        return row


posts = Store[Post](Post)
users = Store[User](User)


@app.put("/posts/{key}")
def update(key: int, given: dict, db: Session = Depends(get_db)):
    post = posts.update(posts.find(db, key), given)
    return {"title": post.title, "author": post.author.name, "all": [p.title for p in post.author.posts]}


@app.put("/users/{key}")
def update_user(key: int, given: dict, db: Session = Depends(get_db)):
    user = users.update(users.find(db, key), given)
    return {"name": user.name, "all": [p.author.name + p.title for p in user.posts]}
'''
FIELDS = '''

@app.get("/posts/{key}/{field}")
def field(key: int, field: str, db: Session = Depends(get_db)):
    post = db.query(Post).filter(Post.id == key).first()
    value = jsonable_encoder(post)[field]
    title = jsonable_encoder(post, include={"title"}).get("title")  # kept
    return [value, title, [p.title for p in post.author.posts]]
'''
LATER = '''

@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == key).first()
    data = jsonable_encoder(user)
    data["titles"] = [p.title for p in user.posts]
    return data


@app.get("/listed")
def listed(db: Session = Depends(get_db)):
    found = []
    for post in db.query(Post).options(joinedload(Post.tags)).order_by(Post.id):
        data = jsonable_encoder(post)
        found.append({**data, "by": post.author and post.author.name, "tags": [t.name for t in post.tags]})
    return found


@app.get("/both/{key}")
def both(key: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == key).first()
    count = len(user.posts)
    data = jsonable_encoder(user)  # kept
    return [count, sorted(data), user.posts[-1].title]
'''


def test_columns_are_looked_at(tmp_path: Path) -> None:
    requests = [
        ("PUT", "/posts/1", {"title": "c", "author": "no"}),
        ("PUT", "/users/1", {"name": "eve", "posts": []}),
        ("PUT", "/users/2", {"name": "eve"}),
    ]
    assert prove(tmp_path, _app(UPDATE), requests)["main.py"].count("exclude=") == 1


def test_one_field_is_taken(tmp_path: Path) -> None:
    requests = [("GET", "/posts/1/title"), ("GET", "/posts/2/author_id")]
    assert prove(tmp_path, _app(FIELDS), requests)["main.py"].count("exclude=") == 1


def test_what_is_read_later_is_not_loaded_for_an_encoder(tmp_path: Path) -> None:
    prove(tmp_path, _app(LATER), [("GET", "/users/1"), ("GET", "/listed"), ("GET", "/both/1")])


def _app(routes: str) -> dict[str, str]:
    return {"main.py": HEAD + ENCODER + routes, "models.py": MODELS, "filling.py": FILLING}

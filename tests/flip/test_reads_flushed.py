"""Instances that are read between a flush and a commit, and refreshes of rows that two statements have loaded."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

FLUSHED = f"""{HEAD}

@app.post("/raw")
def raw(db: Session = Depends(get_db)):
    post = Post(title="raw", author_id=1)
    db.add(post)
    db.flush()
    post.tags.append(db.scalars(select(Tag).order_by(Tag.id)).first())
    db.commit()
    db.refresh(post)
    return post


@app.post("/twice")
def twice(db: Session = Depends(get_db)):
    post = Post(title="twice", author_id=1)
    db.add(post)
    db.flush()
    first = [post.author.name, len(post.tags)]
    post.tags.append(db.get(Tag, 2))
    db.commit()
    return [first, post.author.name, [tag.name for tag in post.tags]]


@app.post("/perhaps")
def perhaps(early: bool = False, db: Session = Depends(get_db)):
    post = Post(title="perhaps")
    db.add(post)
    if early:
        db.flush()
    post.tags.append(db.get(Tag, 3))
    db.commit()
    return [tag.name for tag in post.tags]


@app.post("/branches")
def branches(early: bool = False, db: Session = Depends(get_db)):
    post = Post(title="branches", author_id=1)
    db.add(post)
    if early:
        db.commit()
    post.tags.append(db.get(Tag, 3))
    db.flush()
    return [[tag.name for tag in post.tags], post.author.name]


@app.post("/committed")
def committed(db: Session = Depends(get_db)):
    post = Post(title="committed")
    db.add(post)
    db.commit()
    post.tags.append(db.get(Tag, 1))
    post.title = "again"
    db.commit()
    db.refresh(post)
    return [post.title, [tag.name for tag in post.tags]]


@app.post("/given")
def given(db: Session = Depends(get_db)):
    post = Post(title="given", tags=[db.get(Tag, 2)])
    db.add(post)
    db.flush()
    post.tags.append(db.get(Tag, 1))
    db.commit()
    return sorted(tag.name for tag in post.tags)
"""

REFRESHED = f"""{HEAD}

class AuthorOut(Out):
    name: str


class TagOut(Out):
    name: str


class PostOut(Out):
    title: str
    author: Optional[AuthorOut] = None
    tags: List[TagOut] = []


def found(db: Session, key: int) -> Optional[Post]:
    return db.scalars(select(Post).where(Post.id == key)).first()


def changed(db: Session, key: int, title: str) -> Optional[Post]:
    post = db.scalars(select(Post).where(Post.id == key).with_for_update()).first()
    post.title = title
    db.commit()
    if title:
        db.refresh(post)
        return post
    return None


def kept(db: Session, key: int, title: str) -> Optional[Post]:
    post = db.scalars(select(Post).where(Post.id == key).with_for_update()).first()
    other = db.get(User, 2)
    post.title = f"{{title}} beside {{len(other.posts)}}"
    if title == "again":
        db.commit()
        db.refresh(post)
    return post


@app.put("/changed/{{key}}", response_model=PostOut)
def change(key: int, title: str, db: Session = Depends(get_db)):
    there = found(db, key)
    if there is None or there.author.name == "cy":
        raise HTTPException(404)
    post = changed(db, key, title)
    if not post:
        raise HTTPException(409)
    return post


@app.put("/kept/{{key}}", response_model=PostOut)
def keep(key: int, title: str, db: Session = Depends(get_db)):
    there = found(db, key)
    if there is None or there.author.name == "cy":
        raise HTTPException(404)
    return kept(db, key, title)
"""


SEED = """\
from db import SessionLocal
from models import Post, Tag, User

db = SessionLocal()
users = []
for number in range(3):
    user = User(name=f"seeded {number}")
    users.append(user)
    db.add(user)
db.commit()
for user in users:
    db.refresh(user)
for user in users:
    user.posts.append(Post(title="of " + user.name))
db.commit()
tag = Tag(name="seed")
db.add(tag)
db.commit()
tag.posts.extend(users[0].posts)
db.commit()
users[1].posts = [Post(title="set")]
db.commit()
print([[post.title for post in user.posts] for user in users], [post.title for post in tag.posts])
db.close()
"""

SEEDS = f"""{HEAD}

@app.post("/seeds")
def seeds(db: Session = Depends(get_db)):
    users = []
    for number in range(3):
        user = User(name=f"seeded {{number}}")
        users.append(user)
        db.add(user)
    db.commit()
    for user in users:
        db.refresh(user)
    for user in users:
        user.posts.append(Post(title="of " + user.name))
    db.commit()
    return db.scalars(select(Post.title).order_by(Post.id)).all()
"""


def test_a_collection_of_a_row_that_was_flushed_is_loaded_behind_the_flush(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": FLUSHED}
    urls = ["/raw", "/twice", "/perhaps", "/perhaps?early=1", "/branches", "/branches?early=1", "/committed", "/given"]
    after = prove(tmp_path, files, [("POST", url) for url in urls])["main.py"]
    # by its name: a refresh further down does not load it again
    assert '    await db.flush()\n    await db.refresh(post, ["tags"])\n    post.tags.append(' in after


def test_a_refresh_loads_what_only_a_later_statement_has_loaded(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": REFRESHED}
    urls = ["/changed/1?title=x", "/changed/1?title=", "/changed/9?title=x", "/kept/1?title=y", "/kept/2?title=again"]
    prove(tmp_path, files, [("PUT", url) for url in urls])


def test_rows_that_a_loop_has_made_are_read_one_by_one(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": SEEDS, "seed.py": SEED}
    prove(tmp_path, files, [("POST", "/seeds")], [["seed.py"]])

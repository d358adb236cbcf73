"""Refreshes behind a function that may commit: what waits to be flushed stays, and what was loaded is loaded again."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

MAIN = f"""{HEAD}


class TagOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class UserOut(TagOut):
    pass


class CommentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    text: str


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    author: Optional[UserOut]
    tags: List[TagOut]
    comments: List[CommentOut]


def get_or_create(db: Session, name: str) -> Tag:
    tag = db.scalar(select(Tag).where(Tag.name == name))
    if tag is None:
        tag = Tag(name=name)
        db.add(tag)
        db.commit()
    return tag


def update(db: Session, post: Post, names: List[str]) -> Post:
    for name in names:
        tag = get_or_create(db, name)
        if tag not in post.tags:
            post.tags.append(tag)
    for comment in post.comments:
        comment.text = comment.text
    db.commit()
    return post


@app.post("/posts/{{key}}/{{name}}", response_model=PostOut)
def tagged(key: int, name: str, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    return update(db, post, [name, "b"])


@app.put("/posts/{{key}}/{{name}}")
def put(key: int, name: str, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    author = post.author.name
    tag = get_or_create(db, name)
    if tag not in post.tags:
        post.tags.append(tag)
    db.commit()
    return [author, post.author.name, [t.name for t in post.tags], len(post.comments)]


@app.put("/titles/{{key}}/{{title}}/{{name}}")
def retitle(key: int, title: str, name: str, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    post.title = title
    get_or_create(db, name)
    names = [tag.name for tag in post.tags]
    db.commit()
    return [post.title, names]
"""


def test_what_waits_to_be_flushed_stays(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN}
    requests = [
        ("POST", "/posts/1/new"),
        ("POST", "/posts/1/x"),
        ("PUT", "/posts/2/one"),
        ("PUT", "/posts/2/one"),
        ("PUT", "/titles/2/other/x"),
        ("PUT", "/titles/2/another/y"),
        ("POST", "/posts/2/x"),
    ]
    after = prove(tmp_path, files, requests)["main.py"]
    assert after.count("if post not in db.dirty:") == 3

"""Objects that hold instances, validated and shown."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_carriers(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

from dataclasses import dataclass, field


class TagOut(Out):
    name: str


class PostOut(Out):
    title: str
    tags: List[TagOut]


class ReportOut(Out):
    owner: Optional["OwnerOut"]
    posts: List[PostOut]
    size: int


class OwnerOut(Out):
    name: str
    team_name: Optional[str]


class Report:
    def __init__(self, owner: User, posts: List[Post]) -> None:
        self.owner = owner
        self.posts = posts

    @property
    def size(self) -> int:
        return sum(len(p.comments) for p in self.posts)


T = TypeVar("T")


class AnyPage(BaseModel, Generic[T]):
    items: List[T]
    total: int


class Loose(BaseModel):
    items: List[Any]


class Strict(Out):
    items: List[PostOut]


@app.get("/report/{key}", response_model=ReportOut)
def report(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    return Report(user, db.scalars(select(Post).where(Post.author_id == key).order_by(Post.id)).all())


@app.get("/any", response_model=AnyPage[PostOut])
def any_page(db: Session = Depends(get_db)):
    posts = db.scalars(select(Post).order_by(Post.id)).all()
    return AnyPage(items=posts, total=len(posts))


@app.get("/loose", response_model=Strict)
def loose(db: Session = Depends(get_db)):
    return Loose(items=db.scalars(select(Post).order_by(Post.id)).all())


@app.get("/nt")
def named(db: Session = Depends(get_db)) -> List[ReportOut]:
    return [Report(owner=u, posts=u.posts) for u in db.scalars(select(User).order_by(User.id))]


@app.get("/rows", response_model=List[PostOut])
def rows(db: Session = Depends(get_db)):
    return [row.Post for row in db.execute(select(Post, User).join(Post.author).order_by(Post.id))]


@app.get("/tuples")
def tuples(db: Session = Depends(get_db)):
    out = []
    for post, user in db.execute(
        select(Post, User).join(User, Post.author_id == User.id).order_by(Post.id)
    ).tuples():
        out.append({"p": PostOut.model_validate(post).model_dump(), "team": user.team.name})
    return out


@app.get("/attr")
def extra_attribute(db: Session = Depends(get_db)) -> List[ReportOut]:
    out = []
    for u in db.scalars(select(User).order_by(User.id)):
        u.size = 1
        u.owner = u
        out.append(u)
    return out
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/report/1"),
        ("GET", "/any"),
        ("GET", "/loose"),
        ("GET", "/nt"),
        ("GET", "/rows"),
        ("GET", "/tuples"),
        ("GET", "/attr"),
    ]
    prove(tmp_path, files, requests)

"""Relationships read through containers, builtins, patterns and texts."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_plain_python(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

from collections import Counter, defaultdict, namedtuple
from dataclasses import dataclass, field
from functools import partial, reduce
from itertools import chain, groupby, islice
from operator import attrgetter, itemgetter, methodcaller
from typing import NamedTuple, TypedDict


@dataclass
class Card:
    user: User
    rank: int = 0

    @property
    def size(self):
        return len(self.user.posts)


class Row(NamedTuple):
    user: User
    posts: List[Post]


class Entry(TypedDict):
    user: User
    n: int


Pair = namedtuple("Pair", "left right")


@app.get("/sorted")
def by_key(db: Session = Depends(get_db)):
    posts = db.scalars(select(Post).where(Post.author_id.isnot(None))).all()
    posts = sorted(posts, key=lambda p: (p.author.name, p.title), reverse=True)
    return [p.title for p in posts]


@app.get("/attrgetter")
def getter(db: Session = Depends(get_db)):
    users = list(db.scalars(select(User).where(User.team_id.isnot(None))))
    users.sort(key=attrgetter("team.name"))
    teams = map(attrgetter("team"), users)
    first = attrgetter("name", "profile.bio")
    return [[t.name for t in teams], [first(u) for u in users]]


@app.get("/getattr")
def named(db: Session = Depends(get_db), rel: str = "posts"):
    user = db.scalars(select(User).where(User.id == 1)).one()
    fixed = getattr(user, "profile", None)
    free = getattr(user, rel)
    return [fixed.bio, [x.id for x in free], hasattr(user, "team")]


@app.get("/mapfilter")
def mapped(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    busy = filter(lambda u: len(u.posts) > 0, users)
    sizes = list(map(lambda u: sum(len(p.tags) for p in u.posts), users))
    return [[u.name for u in busy], sizes, list(map(methodcaller("latest"), users))[0].title]


@app.get("/reduce")
def reduced(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    total = reduce(lambda n, u: n + len(u.posts), users, 0)
    every = reduce(lambda a, b: a + b, (u.posts for u in users))
    return [total, [p.title + str(len(p.comments)) for p in every]]


@app.get("/chain")
def chained(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    posts = chain.from_iterable(u.posts for u in users)
    more = chain(users[0].posts, *[u.posts for u in users[1:]])
    return [[t.name for p in posts for t in p.tags], [len(p.comments) for p in more]]


@app.get("/zip")
def zipped(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    out = []
    for i, (user, post) in enumerate(zip(users, db.scalars(select(Post).order_by(Post.id)).all()), start=1):
        out.append([i, user.team and user.team.name, [c.text for c in post.comments]])
    return out


@app.get("/carriers")
def carriers(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    cards = [Card(u, rank=i) for i, u in enumerate(users)]
    rows = [Row(user=u, posts=u.posts) for u in users]
    entries: List[Entry] = [{"user": u, "n": 1} for u in users]
    pairs = [Pair(u, u.profile) for u in users]
    return [
        [c.size for c in cards],
        [[p.author.name for p in r.posts] for r in rows],
        [e["user"].team_name for e in entries],
        [[p.left.post_titles[:], p.right.bio if p.right else None] for p in pairs],
    ]


@app.get("/unpack")
def unpack(db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == 1)).one()
    first, *rest = user.posts
    [head, *_] = first.tags
    return [first.title, [len(r.tags) for r in rest], head.name, *[c.text for c in first.comments]]


@app.get("/match/{key}")
def matched(key: int, db: Session = Depends(get_db)):
    found = db.scalars(select(User).where(User.id == key)).one()
    match found:
        case User(posts=[]):
            return "none"
        case User(posts=[only], team=Team(name=name)):
            return f"one {only.title} {name}"
        case User(posts=[first, *rest], profile=profile):
            return [first.title, len(rest), profile.bio]
    return "?"


@app.get("/text")
def text(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    one = users[0]
    return [f"{one}", f"{one!r}", "%s" % one, "{}".format(users[1]), str(users[2]), repr(users[1]), f"{users}"]


@app.get("/tests")
def tests(db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == 1)).one()
    post = db.scalars(select(Post).where(Post.id == 1)).one()
    return [
        post in user.posts,
        bool(user.posts),
        not user.profile,
        len(post.tags),
        any(t.name == "x" for t in post.tags),
        post.author is user,
    ]


@app.get("/walrus")
def walrus(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    out = []
    for u in users:
        if (posts := u.posts) and (last := posts[-1]).tags:
            out.append(last.tags[0].name)
    if team := users[0].team:
        out.append(team.users[0].name)
    return out


def show(*users, sep=",", **named):
    return sep.join(u.team.name for u in users if u.team) + str({k: len(v.posts) for k, v in named.items()})


@app.get("/stars")
def stars(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    by_name = {u.name: u for u in users}
    return [show(*users), show(users[0], **by_name), partial(show, *users)(sep=";")]


@app.get("/groups")
def groups(db: Session = Depends(get_db)):
    posts = db.scalars(select(Post).order_by(Post.author_id)).all()
    by = defaultdict(list)
    for p in posts:
        by[p.author.name if p.author else ""].append(p)
    counts = Counter(t.name for p in posts for t in p.tags)
    runs = [
        [k, [p.title for p in g]] for k, g in groupby(posts, key=lambda p: p.author.team.name if p.author else "")
    ]
    return [
        {k: [len(p.comments) for p in v] for k, v in by.items()},
        counts,
        runs,
        max(posts, key=lambda p: len(p.comments)).title,
    ]


@app.get("/index")
def index(db: Session = Depends(get_db)):
    users = {u.id: u for u in db.scalars(select(User)).all()}
    best = max(users.values(), key=lambda u: len(u.posts))
    wanted = users.get(2) or users[1]
    return [
        best.posts[0].comments[0].author.profile.bio,
        wanted.posts[0].tags[0].posts[0].title,
        next((u for u in users.values() if u.team), None).team.name,
    ]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/sorted"),
        ("GET", "/attrgetter"),
        ("GET", "/getattr"),
        ("GET", "/mapfilter"),
        ("GET", "/reduce"),
        ("GET", "/chain"),
        ("GET", "/zip"),
        ("GET", "/carriers"),
        ("GET", "/unpack"),
        ("GET", "/match/1"),
        ("GET", "/match/2"),
        ("GET", "/match/3"),
        ("GET", "/text"),
        ("GET", "/tests"),
        ("GET", "/walrus"),
        ("GET", "/stars"),
        ("GET", "/groups"),
        ("GET", "/index"),
    ]
    prove(tmp_path, files, requests)


def test_a_class_that_is_said_to_be_an_instance_is_not_read(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

def attribute(model: type[Base], path: str):
    current: Base = model
    for name in path.split("."):
        found = getattr(current, name)
        current = found if name == "posts" else current
    return found, current


class Wanted(BaseModel):
    by: str


@app.get("/sorted")
def by_name(by: str = "name", db: Session = Depends(get_db)):
    return list(db.scalars(select(User.name).order_by(attribute(User, Wanted(by=by).by)[0])))
"""
    )
    after = prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, [("GET", "/sorted")])
    assert "def attribute(model: type[Base], path: str):\n    current: Base = model" in after["main.py"]
    assert "async def attribute" not in after["main.py"] and "greenlet" not in after["main.py"]

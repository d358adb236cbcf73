"""Reads of instances that are kept: in objects, closures, requests, generators, containers."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_state(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

from contextvars import ContextVar
from contextlib import contextmanager
from functools import cached_property, lru_cache, singledispatch

who: ContextVar[Optional[User]] = ContextVar("who", default=None)


class Basket:
    kinds = {"posts": lambda user: [p.title for p in user.posts], "team": lambda user: user.team.name}

    def __init__(self, db: Session):
        self.db = db
        self._users: Dict[int, User] = {}
        self._last = None

    def load(self, *keys: int) -> "Basket":
        for user in self.db.scalars(select(User).where(User.id.in_(keys)).order_by(User.id)):
            self._users[user.id] = user
            self._last = user
        return self

    @cached_property
    def titles(self):
        return {u.name: [p.title for p in u.posts] for u in self._users.values()}

    def last(self):
        return self._last.profile.bio

    def by(self, kind):
        return [self.kinds[kind](u) for u in self._users.values()]

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.db.rollback()


@app.get("/basket")
def basket(db: Session = Depends(get_db)):
    b = Basket(db).load(1, 2)
    return [b.titles, b.last(), b.by("posts"), b.by("team")]


@app.get("/with")
def within(db: Session = Depends(get_db)):
    with Basket(db) as b:
        b.load(1)
        return b.titles


def set_user(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    who.set(user)
    yield user
    who.set(None)


@app.get("/request/{key}")
def state(key: int, request: Request, db: Session = Depends(get_db)):
    request.state.user = db.get(User, key)
    return greet(request)


def greet(request: Request):
    user = request.state.user
    return [user.name, user.team.name, [c.text for p in user.posts for c in p.comments]]


@singledispatch
def dump(value):
    return repr(value)


@dump.register
def _(value: User):
    return {"name": value.name, "posts": [dump(p) for p in value.posts]}


@dump.register(Post)
def _(value):
    return [value.title, [t.name for t in value.tags]]


@app.get("/dispatch/{key}")
def dispatch(key: int, db: Session = Depends(get_db)):
    return dump(db.get(User, key))


def nested(users):
    total = 0

    def count(user):
        nonlocal total
        total += len(user.posts)
        for post in user.posts:
            inner(post)

    def inner(post):
        nonlocal total
        total += len(post.comments)

    for user in users:
        count(user)
    return total


@app.get("/nested")
def nest(db: Session = Depends(get_db)):
    return nested(db.scalars(select(User)).all())


def pipeline(users):
    posts = (p for u in users for p in u.posts)
    tagged = ((p, p.tags) for p in posts)
    for post, tags in tagged:
        yield post, [t.name for t in tags]


@app.get("/pipe")
def pipe(db: Session = Depends(get_db)):
    return {
        p.title: [names, len(p.comments)] for p, names in pipeline(db.scalars(select(User).order_by(User.id)).all())
    }


@contextmanager
def loaded(db, key):
    user = db.get(User, key)
    yield user, user.team
    user.name


@app.get("/cm/{key}")
def cm(key: int, db: Session = Depends(get_db)):
    with loaded(db, key) as (user, team):
        return [len(user.posts), [u.name for u in team.users]]


@app.get("/else")
def various(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    lookup = dict(zip([u.name for u in users], users))
    pairs = [(u, u.team) for u in users]
    lookup2 = {u: u.posts for u in users}
    stack = [*users]
    out = []
    while stack:
        u = stack.pop()
        out.append(u.profile.bio if u.profile else None)
    del lookup2[users[2]]
    ann, bob = lookup["ann"], lookup.get("bob")
    try:
        cy = next(u for u in users if not u.posts)
    except StopIteration:
        cy = None
    lists = [[u, [p for p in u.posts]] for u in users]
    return [
        out,
        ann.team.name,
        bob.posts[0].title,
        [t and t.name for _, t in pairs],
        [len(p[0].tags) for p in lookup2.values()],
        cy.name,
        [[x[0].name, [len(p.tags) for p in x[1]]] for x in lists],
        {k.name: [p.comments[0].text for p in v if p.comments] for k, v in lookup2.items()},
    ]


@app.get("/sum")
def summing(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    posts = sum((u.posts for u in users), [])
    more = []
    for u in users:
        more += u.posts
    seen = set()
    for u in users:
        seen.update(t for p in u.posts for t in p.tags)
        seen |= set(u.posts[0].tags if u.posts else [])
    return [
        [len(p.tags) for p in posts],
        [len(p.comments) for p in more],
        sorted(t.name + str(len(t.posts)) for t in seen),
    ]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/basket"),
        ("GET", "/with"),
        ("GET", "/request/1"),
        ("GET", "/dispatch/1"),
        ("GET", "/nested"),
        ("GET", "/pipe"),
        ("GET", "/cm/1"),
        ("GET", "/else"),
        ("GET", "/sum"),
    ]
    prove(tmp_path, files, requests)


def test_existing_async_code(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

class TagOut(Out):
    name: str


class PostOut(Out):
    title: str
    tags: List[TagOut]
    comment_texts: List[str] = []


async def convert(post: Post):
    return PostOut.model_validate(post)


@app.get("/{key}")
async def read(key: int, db: Session = Depends(get_db)) -> PostOut:
    post = db.get(Post, key)
    made = await convert(post)
    made.comment_texts = [c.text for c in post.comments]
    return made


class Loader:
    def __init__(self, db: Session = Depends(get_db)):
        self.db = db

    def __call__(self, key: int):
        return self.db.scalars(select(User).where(User.id == key)).first()


@app.get("/u/{key}")
def user(key: int, load: Loader = Depends()):
    found = load(key)
    if not found:
        raise HTTPException(404, "no")
    return {"name": found.name, "team": found.team_name, "tags": found.tag_names, "last": found.latest().title}


def checked(minimum: int):
    def dependency(key: int, db: Session = Depends(get_db)) -> User:
        user = db.get(User, key)
        if len(user.posts) < minimum:
            raise HTTPException(403)
        return user

    return dependency


@app.get("/c/{key}")
def check(user: Annotated[User, Depends(checked(1))]):
    return [p.title for p in user.posts]


@app.get("/d/{key}", dependencies=[Depends(checked(2))])
def check2(key: int):
    return "ok"


@app.exception_handler(KeyError)
def handle(request, error):
    from fastapi.responses import JSONResponse

    return JSONResponse({"user": str(error.args[0].team.name)}, 418)


@app.get("/e/{key}")
def failing(key: int, db: Session = Depends(get_db)):
    raise KeyError(db.get(User, key))


@app.get("/f/{key}")
def finals(key: int, db: Session = Depends(get_db)):
    user = None
    try:
        user = db.query(User).filter_by(id=key).one()
        return user.team.name
    finally:
        if user is not None:
            app.state.last = [p.title for p in user.posts]


@app.get("/g/{key}")
def gets(key: int):
    return app.state.last
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/1"),
        ("GET", "/u/1"),
        ("GET", "/u/9"),
        ("GET", "/c/1"),
        ("GET", "/c/3"),
        ("GET", "/d/1"),
        ("GET", "/d/2"),
        ("GET", "/f/1"),
        ("GET", "/g/1"),
    ]
    prove(tmp_path, files, requests)


def test_a_function_that_commits_and_refreshes(tmp_path: Path) -> None:
    """What it has loaded again needs no further refresh where it was called; what it has not, does."""
    main = (
        HEAD
        + """

def saved(db: Session, record):
    db.commit()
    db.refresh(record)


def half_saved(db: Session, record):
    db.commit()
    if record.name == "ann":
        db.refresh(record)


@app.put("/saved/{key}", response_model=WithTeam)
def put(key: int, data: Dict[str, Any], db: Session = Depends(get_db)):
    user = db.get(User, key)
    for name, value in data.items():
        setattr(user, name, value)
    saved(db, user)
    return user


@app.put("/kept/{key}", response_model=WithTeam)
def keyword(key: int, data: Dict[str, Any], db: Session = Depends(get_db)):
    user = db.get(User, key)
    for name, value in data.items():
        setattr(user, name, value)
    saved(record=user, db=db)
    return user


@app.put("/half/{key}", response_model=WithTeam)
def half(key: int, data: Dict[str, Any], db: Session = Depends(get_db)):
    user = db.get(User, key)
    for name, value in data.items():
        setattr(user, name, value)
    half_saved(db, user)
    return user
""".replace("WithTeam", "UserWithTeam")
    )
    main = main.replace(
        "\n\ndef saved", "\n\nclass UserWithTeam(Out):\n    name: str\n    team_id: Optional[int]\n\n\ndef saved", 1
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    calls = [("PUT", f"/{n}/{key}", {"team_id": 2}) for key in (1, 2) for n in ("saved", "kept", "half")]
    after = prove(tmp_path, files, calls)["main.py"]
    assert "refresh" not in after[after.index("async def put(") : after.index('@app.put("/half')]


def test_elements_of_lists_that_were_expired(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

@app.get("/rolled")
def rolled(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    users[0].name = "changed"
    db.rollback()
    return [users[0].name, users[-1].id, [user.name for user in users]]


@app.get("/expired/{number}")
def expired(number: int, db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    named = {user.name: user for user in users}
    db.expire_all()
    first = users[number].team_id if number else users[0].team_id
    return [first, users[1:][0].name, sorted(named)]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    prove(tmp_path, files, [("GET", "/rolled"), ("GET", "/expired/0"), ("GET", "/expired/1")])

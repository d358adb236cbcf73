"""What each row of the table "access -> outcome" is in an app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Request = tuple[str, str] | tuple[str, str, Any]


@dataclass(frozen=True)
class Row:
    """One kind of access. routes: the text of the app behind its imports; models: of more models than the world has.

    lazy: it loads by itself, so that the app without the transform fails in async code; stale: it would show what was
    there before a commit; else the app works as it is. codes: findings of the migration.
    """

    name: str
    routes: str
    requests: Sequence[Request]
    lazy: bool = True
    stale: bool = False
    codes: tuple[str, ...] = ()


GET: Sequence[Request] = (("GET", "/1"), ("GET", "/2"), ("GET", "/3"))


def get(name: str, expression: str, model: str = "User", **more: Any) -> Row:
    """A route that loads an instance as `x` and answers with an expression."""
    routes = f'''
@app.get("/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    x = db.scalars(select({model}).where({model}.id == key)).one()
    return {expression}
'''
    requests = GET if model == "User" else GET[:2]
    return Row(name, routes, more.pop("requests", requests), **more)


def post(name: str, body: str, **more: Any) -> Row:
    """A route that does something and answers; then everything is read back."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.strip("\n").splitlines())
    routes = f'''
@app.post("/{{key}}")
def act(key: int, db: Session = Depends(get_db)):
{lines}

@app.get("/all")
def everything(db: Session = Depends(get_db)):
    return [list(row) for row in db.execute(text("select id, title, user_id from posts order by id"))]
'''
    twice = (("POST", "/1"), ("GET", "/all"), ("POST", "/2"), ("GET", "/all"))
    return Row(name, routes, more.pop("requests", twice), **more)


READS = (
    get("one to many", "[p.title for p in x.posts]"),
    get("many to many", "[g.name for g in x.groups]"),
    get("one to one", "x.profile.city if x.profile else None"),
    get("many to one", "x.author.name if x.author else None", "Post", requests=(*GET, ("GET", "/4"))),
    get("length", "len(x.posts)"),
    get("in", "any(p.title == 'one' for p in x.posts) and x.posts[0] in x.posts"),
    get("getattr with a default", "[p.title for p in getattr(x, 'posts', [])]"),
    get("hasattr", "hasattr(x, 'posts')"),
    get("property", "x.titles"),
    get("hybrid over a relationship", "x.first_title"),
    get("hybrid over columns", "x.shout", lazy=False),
    get("association proxy", "list(x.group_names)"),
    get("deferred column", "x.long", "Note"),
    get("server default", "x.state", "Note", lazy=False),
    get("column property", "x.size", "Note", lazy=False),
    get("what is loaded is looked at", "sorted(k for k in vars(x) if k[0] != '_')", lazy=False),
    get("inspected", "[sorted(inspect(x).unloaded), list(inspect(x).identity)]", lazy=False),
)
DEFER = Row(
    "held back by defer",
    '''
@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    x = db.scalars(select(User).options(defer(User.age)).where(User.id == key)).one()
    return [x.name, x.age]
''',
    GET,
)
LOAD_ONLY = Row(
    "left out by load_only",
    '''
@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    x = db.scalars(select(User).options(load_only(User.name)).where(User.id == key)).one()
    return [x.name, x.age]
''',
    GET,
)

STORED = (
    post("read after commit", '''
user = db.get(User, key)
user.age += 1
db.commit()
return [user.id, user.name, user.age]
''', lazy=False),
    post("read after rollback", '''
user = db.get(User, key)
db.add(Post(title="gone", user_id=key))
db.flush()
db.rollback()
return [user.id, user.name]
'''),
    post("read in the handler of a failure", '''
user = db.get(User, key)
try:
    db.add(Post(id=1, title="twice", user_id=key))
    db.commit()
except IntegrityError:
    db.rollback()
    return {"failed for": user.name, "id": user.id}
return user.name
'''),
    post("rollback of a savepoint", '''
user = db.get(User, key)
nested = db.begin_nested()
user.name = "other"
db.flush()
nested.rollback()
return [user.name, user.age]
'''),
    post("expired", '''
user = db.get(User, key)
db.expire(user)
return [user.id, user.name]
'''),
    post("expired, one attribute", '''
user = db.get(User, key)
db.expire(user, ["name"])
return [user.id, user.name]
'''),
    post("all expired", '''
user = db.get(User, key)
db.expire_all()
return [user.name, [p.title for p in user.posts]]
'''),
    post("expired and set", '''
user = db.get(User, key)
db.expire(user)
user.name = "new"
db.commit()
return key
''', lazy=False),
    post("server default after an insert", '''
note = Note(body="x")
db.add(note)
db.commit()
return [note.id, note.state, note.revision]
''', lazy=False),
    post("set by the database with an update", '''
note = db.get(Note, key)
note.body = "changed"
db.commit()
return [note.body, note.revision]
'''),
    post("the same after a flush", '''
note = db.get(Note, key)
note.body = "changed"
db.flush()
revision = note.revision
db.commit()
return revision
'''),
    post("expression assigned", '''
user = db.get(User, key)
user.age = User.age + 1
db.commit()
return user.age
'''),
    post("expression assigned and flushed", '''
user = db.get(User, key)
user.age = User.age + 5
db.flush()
age = user.age
db.commit()
return age
'''),
    post("column never set", '''
user = User(name="x")
db.add(user)
db.commit()
return [user.nickname, user.age]
''', lazy=False),
    post("deferred column never set", '''
note = Note(body="x")
db.add(note)
db.commit()
return note.long
'''),
    post("column property of a new instance", '''
note = Note(body="four")
db.add(note)
db.commit()
return note.size
'''),
    post("collection of a pending instance", '''
user = User(name="x")
db.add(user)
return [len(user.posts), user.profile]
''', lazy=False),
    post("collection of a stored instance", '''
user = User(name="x")
db.add(user)
db.commit()
return [len(user.posts), user.profile]
'''),
    post("collection that was read before", '''
user = User(name="x")
count = len(user.posts)
db.add(user)
db.commit()
return count + len(user.posts)
'''),
    post("collection that was given", '''
user = User(name="x", posts=[Post(title="y")])
db.add(user)
db.commit()
return [[p.title for p in user.posts], user.posts[0].author.name]
''', lazy=False),
    post("parent by its key", '''
made = Post(title="x", user_id=key)
db.add(made)
db.commit()
return made.author.name
'''),
    post("refreshed, then read", '''
made = Post(title="x", user_id=key)
db.add(made)
db.commit()
db.refresh(made)
return [made.author.name, [p.title for p in made.author.posts]]
'''),
    post("read, refreshed and read again", '''
user = db.get(User, key)
before = [p.title for p in user.posts]
db.add(Post(title="more", user_id=key))
db.commit()
db.refresh(user)
return [before, [p.title for p in user.posts]]
'''),
    post("refreshed by name", '''
user = db.get(User, key)
db.refresh(user, ["posts"])
return [p.title for p in user.posts]
''', lazy=False),
    post("append", '''
user = db.get(User, key)
user.posts.append(Post(title="new"))
db.commit()
return key
'''),
    post("extend and remove", '''
user = db.get(User, key)
user.posts.extend([Post(title="a"), Post(title="b")])
user.posts.remove(user.posts[0])
db.commit()
return [p.title for p in user.posts]
'''),
    post("collection replaced", '''
user = db.get(User, key)
user.posts = [Post(title="only")]
db.commit()
return [p.title for p in user.posts]
'''),
    post("collection emptied", '''
user = db.get(User, key)
user.groups = []
db.commit()
return [g.name for g in user.groups]
'''),
    post("many to one set and unset", '''
made = db.get(Post, 4)
made.author = db.get(User, key)
db.commit()
other = db.get(Post, 3)
other.author = None
db.commit()
return key
''', lazy=False),
    post("the other side of what was set", '''
user = db.get(User, key)
made = Post(title="set")
made.author = user
db.add(made)
db.commit()
return [p.title for p in user.posts]
'''),
    post("one to one replaced", '''
profile = db.get(Profile, 3 - key)
profile.user = db.get(User, 3)
db.commit()
return profile.city
''', lazy=False, requests=(("POST", "/1"),)),
    post("lazy while there are changes", '''
user = db.get(User, key)
user.name = "dirty"
titles = [p.title for p in user.posts]
db.commit()
return [user.name, titles]
'''),
    post("deleted with its children", '''
user = db.get(User, key)
db.delete(user)
db.commit()
return key
''', lazy=False),
    post("merged", '''
user = db.merge(User(id=key, name="merged"))
db.commit()
return [user.name, [p.title for p in user.posts]]
'''),
    post("merged with a collection", '''
user = db.merge(User(id=key, name="merged", posts=[Post(id=1, title="moved")]))
db.commit()
return [user.name, [p.title for p in user.posts]]
''', lazy=False),
    post("returned by an insert", '''
made = db.scalars(insert(Post).values(title="r", user_id=key).returning(Post)).one()
db.commit()
return [made.title, made.author.name]
'''),
    post("in the identity map already", '''
first = db.get(User, key)
again = db.get(User, key)
return [first is again, [p.title for p in again.posts]]
'''),
    post("selected again", '''
first = db.get(User, key)
again = db.scalars(select(User).where(User.id == key)).one()
return [first is again, [p.title for p in again.posts]]
'''),
    post("the way back", '''
user = db.get(User, key)
return [p.author.name for p in user.posts]
'''),
    post("in a text", '''
user = db.get(User, key)
return f"{user.name} has {len(user.posts)}: {user.titles}"
'''),
)

#: what a session that expires nothing at a commit keeps; each read needs a load first, but for the last rows
KEPT = (
    post("collection that grew from the other side", '''
user = db.get(User, key)
db.add(Post(title="more", user_id=user.id))
db.commit()
return [p.title for p in user.posts]
'''),
    post("collection read before it grew", '''
user = db.get(User, key)
count = len(user.posts)
db.add(Post(title="more", user_id=user.id))
db.commit()
return [count, len(user.posts)]
'''),
    post("collection that shrank", '''
user = db.get(User, key)
count = len(user.posts)
db.delete(db.get(Post, key))
db.commit()
return [count, [p.title for p in user.posts]]
'''),
    post("collection changed by a statement", '''
user = db.get(User, key)
count = len(user.posts)
db.execute(update(Post).where(Post.user_id == key).values(user_id=3))
db.commit()
return [count, len(user.posts)]
'''),
    post("other parent by its key", '''
made = db.get(Post, 4)
before = made.author.name if made.author else None
made.user_id = key
db.commit()
return [before, made.author.name]
'''),
    post("other parent by its key, read once", '''
made = db.get(Post, 4)
made.user_id = key
db.commit()
return made.author.name
'''),
    Row("grown in a function", '''
@app.post("/{key}")
def act(key: int, db: Session = Depends(get_db)):
    user = find(db, key)
    grow(db, user)
    return [p.title for p in user.posts]


def find(db: Session, key: int):
    return db.get(User, key)


def grow(db: Session, user: User):
    db.add(Post(title="grown", user_id=user.id))
    db.commit()
''', (("POST", "/1"), ("POST", "/2"), ("POST", "/1"))),
    post("answered with a model after a commit", '''
user = db.get(User, key)
db.add(Post(title="more", user_id=user.id))
db.commit()
return UserOut.model_validate(user)
'''),
    post("many to many changed from the other side", '''
user = db.get(User, key)
names = [g.name for g in user.groups]
group = db.get(Group, 3 - key)
if user not in group.users:
    group.users.append(user)
db.commit()
return [names, [g.name for g in user.groups], [u.name for u in group.users]]
'''),
    post("column changed by a statement", '''
user = db.get(User, key)
before = user.age
db.execute(update(User).where(User.id == key).values(age=99).execution_options(synchronize_session=False))
db.commit()
return [before, user.age]
''', lazy=False, stale=True),
    post("column changed by a textual statement", '''
user = db.get(User, key)
before = user.age
db.execute(text("update users set age = 98"))
db.commit()
return [before, user.age]
''', lazy=False, stale=True),
    post("selected again after a statement", '''
user = db.get(User, key)
before = user.age
db.execute(text("update users set age = 98"))
db.commit()
again = db.scalars(select(User).where(User.id == key)).one()
return [before, again.age]
''', lazy=False, stale=True),
    post("selected again by what it holds", '''
user = db.scalars(select(User).where(User.id == key)).one()
before = [p.title for p in user.posts]
db.add(Post(title="more", user_id=key))
db.commit()
user = db.scalars(select(User).where(User.id == user.id)).one()
return [before, [p.title for p in user.posts]]
'''),
    post("column property after a change", '''
note = db.get(Note, key)
before = note.size
note.body = "longer text"
db.commit()
return [before, note.size]
''', lazy=False, stale=True),
    post("value that the column makes another one of", '''
note = Note(body="x", kind="b", price=Decimal("1.5"), due=datetime(2024, 1, 1, tzinfo=timezone.utc))
db.add(note)
db.commit()
return [note.kind.name, str(note.price), note.due.isoformat()]
''', lazy=False, stale=True),
    post("value that is assigned", '''
note = db.get(Note, key)
note.kind = "b"
note.price = Decimal("2.5")
note.due = datetime(2024, 1, 1, tzinfo=timezone.utc)
db.commit()
return [note.kind.name, str(note.price), note.due.isoformat()]
''', lazy=False, stale=True),
    post("deleted and returned", '''
gone = db.get(Post, key)
db.delete(gone)
db.commit()
return [gone.id, gone.title]
''', lazy=False),
    post("changed again after the commit", '''
note = db.get(Note, key)
note.price = Decimal("2.5")
db.commit()
note.body = "pending"
return [note.body, str(note.price)]
''', lazy=False, stale=True),
    Row("session of its own", '''
@app.post("/{key}")
def act(key: int):
    note = add(key)
    return [note.body, note.kind.name]


def add(key: int):
    with SessionLocal() as db:
        note = Note(body=f"own {key}", kind="b")
        db.add(note)
        db.commit()
        db.refresh(note)
    return note
''', (("POST", "/1"), ("POST", "/2")), lazy=False),
    post("only on one way", '''
note = db.get(Note, key)
if key == 1:
    note.kind = "b"
    db.commit()
return [note.body, note.kind.name]
''', lazy=False, stale=True),
    post("changed by setattr", '''
note = db.get(Note, key)
for name, value in {"kind": "b", "body": "set"}.items():
    setattr(note, name, value)
db.commit()
return {"body": note.body, "kind": note.kind.name}
''', lazy=False, stale=True),
    Row("may be missing", '''
@app.post("/{key}")
def act(key: int, db: Session = Depends(get_db)):
    note = rename(db, key)
    return note.kind.name if note else "none"


def rename(db: Session, key: int):
    note = db.get(Note, key)
    if note:
        note.kind = "b"
    db.commit()
    return note
''', (("POST", "/1"), ("POST", "/9")), lazy=False, stale=True),
    Row("given from who knows where", '''
CALLS = {}


@app.post("/{key}")
def act(key: int, db: Session = Depends(get_db)):
    note = CALLS["find"](db, key)
    return CALLS["rename"](db, note, "b")


def rename(db: Session, note: Note, kind: str):
    before = note.body
    note.kind = kind
    db.commit()
    return [before, note.kind.name]


def forget(db: Session, user: User):
    db.add(Post(title="more", user_id=user.id))
    db.commit()
    return [p.title for p in user.posts]


@app.get("/{key}")
def posts(key: int, db: Session = Depends(get_db)):
    return CALLS["forget"](db, CALLS["user"](db, key))


CALLS["find"] = lambda db, key: db.get(Note, key)
CALLS["user"] = lambda db, key: db.get(User, key)
CALLS["rename"] = rename
CALLS["forget"] = forget
''', (("POST", "/1"), ("POST", "/2"), ("GET", "/1"), ("GET", "/2"), ("GET", "/1"))),
    post("not changed at all", '''
user = db.get(User, key)
titles = [p.title for p in user.posts]
user.name = user.name.upper()
db.commit()
return [user.name, titles, [p.title for p in user.posts]]
'''),
)

ROWS = (*READS, LOAD_ONLY, DEFER, *STORED, *KEPT)

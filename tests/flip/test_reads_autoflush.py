"""Sessions that flush before they load: lazy loads and statements have sent what code further down depends on."""

from __future__ import annotations

from pathlib import Path

from .harness import DB, prove
from .reads_app import FILLING, HEAD, MODELS

FLUSHING = DB.replace("autocommit=False, autoflush=False, ", "")

LOADS = f"""{HEAD}

def count_of(team: Team) -> int:
    return len(team.users)


@app.put("/taken-back/{{key}}")
def taken_back(key: int, name: str, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.name = name
    count = len(user.posts)
    db.refresh(user)
    db.commit()
    return [user.name, count]


@app.put("/expired/{{key}}")
def expired(key: int, name: str, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.name = name
    count = len(user.posts)
    db.expire_all()
    return [user.name, count]


@app.put("/keys/{{key}}")
def keys(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    post = Post(title="new", author_id=2)
    db.add(post)
    for user in team.users:
        db.add(Comment(text=user.name, post_id=post.id))
    db.commit()
    return [comment.text for comment in post.comments]


@app.put("/defaults/{{key}}")
def defaults(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    post = Post(title="new")
    db.add(post)
    count = count_of(team)
    found = [post.id, post.kind, count]
    db.commit()
    return found


@app.put("/single/{{key}}")
def single(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    team = Team(name="new")
    db.add(team)
    bio, tags = user.profile.bio, user.tag_names
    db.add(User(name="newer", team_id=team.id))
    db.commit()
    return [bio, tags, [member.name for member in team.users]]


@app.put("/loaded/{{key}}")
def loaded(key: int, db: Session = Depends(get_db)):
    team = db.scalars(select(Team).where(Team.id == key).options(selectinload(Team.users))).one()
    post = Post(title="new")
    db.add(post)
    count = len(team.users)  # kept
    found = post.id is None
    db.commit()
    return [found, count]


@app.put("/flushed/{{key}}")
def flushed(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    post = Post(title="new")
    db.add(post)
    count = len(team.users)  # kept
    db.flush()
    found = [post.id is None, count]
    db.commit()
    return found
"""

ROWS = f"""{HEAD}

class TagOut(Out):
    name: str


class PostOut(Out):
    id: int
    tags: List[TagOut]


@app.post("/asked")
def asked(db: Session = Depends(get_db)):
    post = Post(title="new", author_id=2)
    db.add(post)
    team = db.scalars(select(Team).order_by(Team.id)).first()
    found = [post.id, team.name, len(post.tags), post.author.name]
    db.commit()
    return found


@app.post("/read")
def read(db: Session = Depends(get_db)):
    team = db.get(Team, 1)
    post = Post(title="new", author_id=2)
    db.add(post)
    count = len(team.users)
    found = [post.id, count, len(post.tags), post.author.name]
    db.commit()
    return found


@app.post("/sent", response_model=PostOut)
def sent(db: Session = Depends(get_db)):
    post = Post(title="new", author_id=2)
    db.add(post)
    db.scalars(select(Team)).all()
    return post


def noted(db: Session, user: User) -> Team:
    team = Team(name=f"of {{len(user.posts)}}")
    db.add(team)
    return team


@app.post("/elsewhere")
def elsewhere(db: Session = Depends(get_db)):
    user = db.scalars(select(User).order_by(User.id)).first()
    team = noted(db, user)
    names = user.tag_names
    found = [team.id, names, len(team.users)]
    db.commit()
    return found


@app.post("/waiting")
def waiting(db: Session = Depends(get_db)):
    team = db.scalars(select(Team).order_by(Team.id)).first()
    post = Post(title="new", author_id=2)
    db.add(post)
    found = [team.name, len(post.tags), post.author]  # kept
    db.commit()
    return found
"""

NAMES = f"""{HEAD}

class Repository:
    def __init__(self, session: Session):
        self.session = session

    def add(self, thing):
        self.session.add(thing)


def save(db: Session, thing):
    db.add(thing)
    return thing


def comments(db: Session, team: Team, post: Post) -> List[str]:
    db.commit()
    return [comment.text for comment in db.scalars(select(Comment).where(Comment.post_id == post.id))]


@app.put("/annotated/{{key}}")
def annotated(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    post: Post = Post(title="new", author_id=2)
    db.add(post)
    for user in team.users:
        db.add(Comment(text=user.name, post_id=post.id))
    return comments(db, team, post)


@app.put("/walrus/{{key}}")
def walrus(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    db.add(post := Post(title="new", author_id=2))
    for user in team.users:
        db.add(Comment(text=user.name, post_id=post.id))
    return comments(db, team, post)


@app.put("/two/{{key}}")
def two(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    first, second = Post(title="new", author_id=2), Post(title="newer")
    db.add_all([first, second])
    for user in team.users:
        db.add(Comment(text=user.name, post_id=second.id))
    return comments(db, team, second)


@app.put("/method/{{key}}")
def method(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    post = Post(title="new", author_id=2)
    Repository(db).add(post)
    for user in team.users:
        db.add(Comment(text=user.name, post_id=post.id))
    return comments(db, team, post)


@app.put("/function/{{key}}")
def function(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    post = save(db, Post(title="new", author_id=2))
    for user in team.users:
        db.add(Comment(text=user.name, post_id=post.id))
    return comments(db, team, post)
"""

LISTS = f"""{HEAD}

@app.put("/listed/{{key}}")
def listed(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    posts = [Post(title="new"), Post(title="newer")]
    db.add_all(posts)
    count = len(team.users)
    found = [post.id for post in posts]
    db.commit()
    return [count, found]


@app.put("/made/{{key}}")
def made(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    posts = [Post(title=title) for title in ("a", "b")]
    db.add_all(posts)
    names = sorted(user.name for user in team.users)
    found = [posts[0].id, names]
    for post in posts:
        found.append(post.id)
    db.commit()
    return found


@app.put("/titles/{{key}}")
def titles(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    posts = [Post(title=title) for title in ("a", "b")]
    db.add_all(posts)
    count = len(team.users)
    found = [post.title for post in posts]
    db.commit()
    return [count, found]
"""


def test_a_load_that_has_flushed_what_is_needed_stays_where_it_is(tmp_path: Path) -> None:
    files = {"db.py": FLUSHING, "models.py": MODELS, "filling.py": FILLING, "main.py": LOADS}
    urls = ["taken-back/1?name=x", "expired/2?name=y", "keys/1", "defaults/1", "single/1", "loaded/1", "flushed/1"]
    after = prove(tmp_path, files, [("PUT", f"/{url}") for url in urls])["main.py"]
    assert "for user in await team.awaitable_attrs.users:" in after


def test_a_statement_makes_rows_of_what_was_added(tmp_path: Path) -> None:
    files = {"db.py": FLUSHING, "models.py": MODELS, "filling.py": FILLING, "main.py": ROWS}
    prove(tmp_path, files, [("POST", url) for url in ("/asked", "/read", "/sent", "/elsewhere", "/waiting")])


def test_names_that_are_given_otherwise_and_what_another_function_adds(tmp_path: Path) -> None:
    """`post: Post = Post()`, `db.add(post := Post())`, two at once, and functions that are given what they add."""
    files = {"db.py": FLUSHING, "models.py": MODELS, "filling.py": FILLING, "main.py": NAMES}
    ways = ("annotated", "walrus", "two", "method", "function")
    prove(tmp_path, files, [("PUT", f"/{way}/1") for way in ways])


def test_rows_that_are_made_in_a_list(tmp_path: Path) -> None:
    """What is read of them afterwards came with the flush; where that is nothing, the load comes with the instance."""
    files = {"db.py": FLUSHING, "models.py": MODELS, "filling.py": FILLING, "main.py": LISTS}
    after = prove(tmp_path, files, [("PUT", f"/{way}/1") for way in ("listed", "made", "titles")])["main.py"]
    assert after.count("awaitable_attrs.users") == 2
    assert after.count("selectinload(Team.users)") == 1

"""Loads over existing instances whose further statements meet again what was loaded before: what these do not ask for
is gone then."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

APP = f"""{HEAD}

@app.put("/posts/{{key}}")
def change(key: int, title: str, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    post.title = title
    db.commit()
    db.refresh(post)
    author = post.author
    return {{
        "title": post.title,
        "tags": [tag.name for tag in post.tags],
        "author": [author.name, author.team.name, author.profile.bio, [p.title for p in author.posts]],
        "comments": [[c.text, c.author.name] for c in post.comments],
    }}


@app.put("/comments/{{key}}")
def comment(key: int, text: str, db: Session = Depends(get_db)):
    found = db.get(Comment, key)
    found.text = text
    db.commit()
    db.refresh(found)
    return [found.text, [t.name for t in found.post.tags], found.post.author.name, found.author.team.name]


@app.get("/posts/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    post = db.query(Post).filter(Post.id == key).first()
    return [post.title, post.author.name, post.author.team.name, [tag.name for tag in post.tags]]
"""


def test_an_object_whose_mapping_joins_a_collection_is_loaded_apart(tmp_path: Path) -> None:
    """The posts of an author come with her, and are those that lead to her."""
    models = MODELS.replace(
        'relationship(back_populates="author", order_by="Post.id")',
        'relationship(back_populates="author", order_by="Post.id", lazy="joined")',
    )
    requests = [("PUT", "/posts/1?title=a"), ("PUT", "/comments/3?text=b"), ("PUT", "/posts/3?title=c")]
    requests += [("GET", "/posts/1"), ("GET", "/posts/2")]
    prove(tmp_path, {"models.py": models, "filling.py": FILLING, "main.py": APP}, requests)


DESCRIBED = f"""{HEAD}

def describe(post: Post) -> dict:
    return {{
        "title": post.title,
        "author": [post.author.name, len(post.author.posts)],
        "comments": [[c.text, c.author.name] for c in post.comments],
        "tags": [[tag.name, [p.title for p in tag.posts]] for tag in post.tags],
    }}


def describe_user(user: User) -> dict:
    return {{"name": user.name, "posts": [[p.title, p.author.profile.bio] for p in user.posts]}}


@app.put("/posts/{{key}}")
def change_post(key: int, db: Session = Depends(get_db)):
    post = db.query(Post).filter(Post.id == key).first()
    db.commit()
    db.refresh(post)
    return describe(post)


@app.put("/users/{{key}}")
def change_user(key: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == key).first()
    db.commit()
    db.refresh(user)
    return describe_user(user)
"""


def test_a_refresh_repeats_the_options_over_what_they_have_loaded(tmp_path: Path) -> None:
    """The author of a comment may be that of the post, whose posts are gone then; so is the profile of a
    user to whom the posts lead back."""
    filling = FILLING.replace("post=one, author=bob", "post=one, author=ann")
    requests = [("PUT", "/posts/1"), ("PUT", "/posts/3"), ("PUT", "/users/1"), ("PUT", "/users/2")]
    prove(tmp_path, {"models.py": MODELS, "filling.py": filling, "main.py": DESCRIBED}, requests)


MADE = f"""{HEAD}

@app.post("/posts")
def add(db: Session = Depends(get_db)):
    user = User(name="new")
    post = Post(title="first", author=user)
    db.add(Comment(text="hi", post=post, author=user))
    db.commit()
    db.refresh(user)
    db.refresh(post)
    return [user.posts[0].title, post.comments[0].text]


@app.post("/read")
def add_and_read(db: Session = Depends(get_db)):
    user = User(name="new")
    post = Post(title="second", author=user, comments=[Comment(text="ho")])
    db.add(post)
    db.commit()
    db.refresh(user)
    first = [comment.text for comment in post.comments]
    db.refresh(post)
    return [first, user.posts[0].title, [comment.text for comment in post.comments]]
"""


def test_what_is_refreshed_before_it_is_read_holds_nothing_to_be_emptied(tmp_path: Path) -> None:
    """The user is refreshed by one load, with as many statements as before; in the second route that would empty the
    post."""
    requests = [("POST", "/posts"), ("POST", "/read")]
    done = prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": MADE}, requests)
    first, second = done["main.py"].split("async def add_and_read")
    assert 'refresh(user, ["posts"])' not in first
    assert 'refresh(user, ["posts"])' in second

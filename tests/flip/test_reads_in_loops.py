"""Instances that a loop makes and stores: what the next round does comes before them, the first time."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

LOOP = '''

class PostOut(Out):
    title: str
    kind: str


@app.post("/copies", response_model=List[PostOut])
def copies(db: Session = Depends(get_db)):
    made = []
    for user in db.query(User).order_by(User.id).all():
        if user.posts and user.posts[0].kind == "text":
            user.posts[0].kind = "seen"
            db.commit()
            made.append(user.posts[0].id)
            continue
        name = user.name

        post = Post(title=name, author_id=user.id)

        try:
            db.add(post)
            db.commit()
            db.refresh(post)
            made.append(post.id)
        except Exception as error:
            print(error)
            post.kind = "failed"

        db.commit()

    return db.query(Post).filter(Post.id.in_(made)).order_by(Post.id).all()
'''


def test_what_a_loop_stores(tmp_path: Path) -> None:
    files = {"main.py": HEAD + LOOP, "models.py": MODELS, "filling.py": FILLING}
    migrated = prove(tmp_path, files, [("POST", "/copies"), ("POST", "/copies")], codes=["eager-outdated"])
    assert migrated["main.py"].count("refresh(post)") == 1

"""Rows that make duplicates, gaps and ties."""

from models import Book, Engineer, Manager, Post, Room, Shelf, Staff, Tag, Team, Topic, User


def fill(session):
    red, blue = Tag(id=1, name="red"), Tag(id=2, name="blue")
    ann, bob, cid = User(id=1, name="ann", age=30), User(id=2, name="bob", age=20), User(id=3, name="cid", age=None)
    first, second = Team(id=1, name="a"), Team(id=2, name="b")
    session.add_all([red, blue, ann, bob, cid, first, second])
    session.flush()
    session.add_all(
        [
            Post(id=1, title="a", score=3, data=[1], marks=[1, 2], extra=[1], author_id=1, tags=[red, blue]),
            Post(id=2, title="b", score=1, data=[2], marks=[], extra={"a": 1}, author_id=1, tags=[red]),
            Post(id=3, title="a", score=None, data={"k": 1}, marks=[1, 2], extra=(1,), author_id=2),
            Post(id=4, title="d", score=3, data=[1], marks=None, extra=None, author_id=None, tags=[blue]),
            *(Shelf(id=i, label="s") for i in (1, 2, 3)),
        ]
    )
    session.flush()
    session.add_all(
        [
            *(Book(id=i, pages=i // 2, shelf_id=1 if i < 4 else 2) for i in range(1, 6)),
            *(Room(id=i, name="r", shelf_id=s) for i, s in ((1, 1), (2, 1), (3, 2), (4, None))),
            Staff(id=1, name="sue", team_id=1),
            Manager(id=2, name="max", level=7, team_id=1),
            Manager(id=3, name="mia", level=7, team_id=2),
            Engineer(id=4, name="eve", language="c", team_id=2),
            Engineer(id=5, name="eve", language="ada"),
        ]
    )
    for i, parent in ((1, None), (2, 1), (3, 1), (4, 2)):
        session.add(Topic(id=i, name="even" if i % 2 == 0 else "odd", parent_id=parent))
        session.flush()
    session.commit()

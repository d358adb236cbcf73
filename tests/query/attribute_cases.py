# ruff: noqa: E501 - one case on one line
"""Queries that reading an attribute makes, on models of their own; run as they are and converted."""

from __future__ import annotations

import textwrap

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import backref, declarative_base, dynamic_loader, relationship, scoped_session

Base = declarative_base()
current = []
session = scoped_session(lambda: current[-1], scopefunc=lambda: current[-1])
Base.query = session.query_property()

fans = Table(
    "fans",
    Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
)
visits = Table(
    "visits",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id")),
    Column("post_id", ForeignKey("posts.id")),
)


class Records:
    @classmethod
    def by(cls, **criteria):
        return cls.query.filter_by(**criteria).order_by(cls.id).first()

    @classmethod
    def beyond(cls, pk):
        return cls.query.filter(cls.id > pk)

    def alike(self):
        return self.query.filter_by(name=self.name).count()


class User(Records, Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    boss_id = Column(Integer, ForeignKey("users.id"))
    posts = relationship("Post", lazy="dynamic", order_by="Post.title.desc()", cascade="all, delete-orphan", backref="author")
    liked = relationship("Post", secondary=fans, lazy="dynamic", backref=backref("fans", lazy="dynamic"))
    visited = dynamic_loader("Post", secondary=visits, order_by="Post.id", viewonly=True)
    staff = relationship("User", lazy="dynamic", backref=backref("boss", remote_side=[id]))

    def titles(self):
        return [post.title for post in self.posts]


class Post(Records, Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    score = Column(Integer)
    author_id = Column(Integer, ForeignKey("users.id"))


def fill(session):
    users = [User(id=i, name=n) for i, n in ((1, "ann"), (2, "bob"), (3, "ann"))]
    session.add_all(users)
    session.flush()
    users[1].boss_id = users[2].boss_id = 1
    posts = [Post(id=i, title=t, score=s, author_id=a) for i, t, s, a in ((1, "a", 3, 1), (2, "b", 1, 1), (3, "a", None, 2))]
    session.add_all(posts)
    session.flush()
    session.execute(fans.insert(), [{"user_id": 1, "post_id": 3}, {"user_id": 2, "post_id": 3}])
    session.execute(visits.insert(), [{"id": i, "user_id": 1, "post_id": p} for i, p in ((1, 3), (2, 3), (3, 2))])
    session.commit()
"""
HEADER = """\
from sqlalchemy import func
from sqlalchemy.orm import Session, joinedload

from models import Post, User, current

"""

#: name -> body of a function of `db`
CASES: dict[str, str] = {
    # Model.query
    "property_all": "return User.query.order_by(User.id).all()",
    "property_list": "return len(list(User.query)), [u.id for u in User.query.filter(User.id > 1).order_by(User.id)]",
    "property_get": "return User.query.get(2), User.query.get(99), User.query.options(joinedload(User.boss)).get(3)",
    "property_first": "return User.query.order_by(User.id).first(), User.query.filter_by(name='zed').first()",
    "property_one": "return User.query.filter(User.id == 1).one(), User.query.filter_by(id=9).one_or_none()",
    "property_one_many": "return User.query.one()",
    "property_count": "return User.query.count(), User.query.filter_by(name='ann').count(), User.query.limit(1).count()",
    "property_join": "return User.query.join(Post, Post.author_id == User.id).order_by(User.id).all()",
    "property_filter_by_joined": "return User.query.join(Post, Post.author_id == User.id).filter_by(title='b').all()",
    "property_slice": "return User.query.order_by(User.id)[1:3]",
    "property_exists": "return [u.id for u in User.query.filter(Post.query.filter(Post.author_id == User.id).exists()).order_by(User.id)]",
    "property_columns": "return User.query.with_entities(User.name).order_by(User.id).all()",
    "property_update": "return Post.query.filter(Post.score > 2).update({'title': 'z'}), Post.query.filter_by(title='z').count()",
    "property_delete": "return Post.query.filter(Post.id == 2).delete(), Post.query.count()",
    "property_variable": "query = User.query\nif db:\n    query = query.filter(User.name == 'ann')\nreturn query.count(), query.order_by(User.id).all()",
    "property_truth": "query = User.query\nreturn query.order_by(User.id).all() if query else None",
    "property_of_class": "return User.by(name='bob'), Post.by(title='a'), [p.id for p in Post.beyond(1).order_by(Post.id)]",
    "property_of_instance": "return User.by(id=1).alike(), User.by(id=2).alike()",
    "property_of_variable": "return [model.query.count() for model in (User, Post)]",
    # dynamic collections
    "dynamic_all": "return User.query.get(1).posts.all()",
    "dynamic_iterate": "user = db.query(User).get(1)\nreturn [p.id for p in user.posts], user.titles()",
    "dynamic_filter": "user = db.query(User).get(1)\nreturn user.posts.filter(Post.score > 2).all(), user.posts.filter_by(title='b').one()",
    "dynamic_first": "user = db.query(User).get(1)\nreturn user.posts.first(), user.posts.order_by(Post.id).first()",
    "dynamic_ordered": "user = db.query(User).get(1)\nreturn user.posts.order_by(None).order_by(Post.id).limit(1).all()",
    "dynamic_count": "user = db.query(User).get(1)\nreturn user.posts.count(), user.posts.filter(Post.id > 1).count(), user.liked.count()",
    "dynamic_list": "user = db.query(User).get(1)\nreturn len(list(user.posts)), list(user.posts), sorted(p.id for p in user.posts)",
    "dynamic_slice": "user = db.query(User).get(1)\nreturn user.posts[0:1], user.posts[1], user.posts[:1]",
    "dynamic_in": "user = db.query(User).get(1)\nreturn db.query(Post).get(1) in user.posts, db.query(Post).get(3) in user.posts",
    "dynamic_columns": "user = db.query(User).get(1)\nreturn user.posts.with_entities(Post.title).all()",
    "dynamic_join": "user = db.query(User).get(1)\nreturn user.posts.join(Post.author).filter(User.name == 'ann').all()",
    "dynamic_options": "user = db.query(User).get(1)\nreturn [p.author for p in user.posts.options(joinedload(Post.author))]",
    "dynamic_secondary": "user = db.query(User).get(1)\nreturn user.liked.all(), [u.id for u in user.liked.first().fans.order_by(User.id)]",
    "dynamic_secondary_filter_by": "user = db.query(User).get(1)\nreturn user.liked.filter_by(title='a').all(), user.liked.filter_by(id=1).all()",
    "dynamic_repeated": "user = db.query(User).get(1)\nreturn user.visited.all(), [p.id for p in user.visited], user.visited.count()",
    "dynamic_self": "user = db.query(User).get(1)\nreturn user.staff.order_by(User.id).all(), [u.boss for u in user.staff]",
    "dynamic_chain": "return [u.posts.count() for u in db.query(User).get(1).staff.order_by(User.id)]",
    "dynamic_append": "user = db.query(User).get(1)\nuser.posts.append(Post(id=9, title='n'))\nreturn user.posts.count(), user.titles()",
    "dynamic_remove": "user = db.query(User).get(1)\nfor post in user.posts.filter(Post.id > 1):\n    user.posts.remove(post)\ndb.commit()\nreturn user.titles(), db.query(Post).count()",
    "dynamic_secondary_changes": "user = db.query(User).get(1)\nuser.liked.append(db.query(Post).get(1))\nuser.liked.remove(db.query(Post).get(3))\ndb.commit()\nreturn user.liked.all()",
    "dynamic_deleted_parent": "user = db.query(User).get(1)\ndb.delete(user.staff.first())\ndb.delete(user)\ndb.commit()\nreturn db.query(Post).count()",
    "dynamic_saved": "user = User(id=9, name='new')\ndb.add(user)\ndb.commit()\nuser.posts.append(Post(id=9, title='n'))\ndb.commit()\nreturn user.posts.all()",
    "dynamic_unsaved": "user = User(name='new')\nuser.posts.append(Post(title='n'))\nreturn [p.title for p in user.posts]",
    "dynamic_variable": "user = db.query(User).get(1)\nposts = user.posts\nif db:\n    posts = posts.filter(Post.id > 1)\nreturn posts.all()",
    "dynamic_handed": "def newest(posts, db: Session):\n    return posts.order_by(None).order_by(Post.id.desc()).first()\nreturn newest(db.query(User).get(1).posts, db)",
    "dynamic_delete": "user = db.query(User).get(2)\nreturn user.staff.filter(User.id > 9).delete(), user.staff.count()",
}

#: cases of which a part stays as it is, because there is no sure equal
STAY = {"dynamic_unsaved": "in user.posts]", "dynamic_delete": "user.staff.filter(User.id > 9).delete()"}

#: how the names of cases begin whose SQL may differ by more than labels, and why
OTHER_SQL = (
    "property_count",  # the rows of one entity are counted without a subquery
    "property_of_variable",  # the same
    "property_of_instance",
    "property_update",
    "property_delete",
    "property_exists",  # EXISTS selects the columns, which no database reads, in place of 1
    "dynamic_remove",  # it counts
    "dynamic_deleted_parent",
)


def source() -> str:
    """A file with a function `case_NAME(db)` for each case."""
    bodies = {name: f"current.append(db)\n{body}" for name, body in CASES.items()}
    functions = (f"\n\ndef case_{n}(db: Session):\n{textwrap.indent(b, '    ')}\n" for n, b in bodies.items())
    return HEADER + "".join(functions)

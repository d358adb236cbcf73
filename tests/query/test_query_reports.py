"""What is found without annotations, and what is only reported."""

from __future__ import annotations

from query_models import MODELS
from query_world import convert


def converted(source: str) -> tuple[str, list[str]]:
    after, findings = convert({"models.py": MODELS, "app.py": source})
    return after["app.py"], [f"{f.place} {f.code}" for f in findings]


def test_what_is_queried_for_a_mapped_class_is_a_session() -> None:
    after, findings = converted(
        "from models import User\n\n\ndef everybody(db):\n    return db.query(User).all()\n\n\n"
        "class Repo:\n    def __init__(self, db):\n        self.db = db\n\n"
        "    def one(self, key):\n        return self.db.query(User).filter_by(id=key).one()\n"
    )
    assert "return db.scalars(select(User)).all()" in after
    assert "return self.db.scalars(select(User).filter_by(id=key)).one()" in after
    assert findings == []


def test_what_is_queried_for_anything_else_is_not() -> None:
    source = "def rows(client):\n    return client.query('select 1').all(), client.query(str).filter(1).all()\n"
    assert converted(source) == (source, [])


def test_a_class_of_the_program_that_can_be_queried_is_no_session() -> None:
    source = (
        "from models import User\n\n\nclass Store:\n    def query(self, what):\n        return [what]\n\n\n"
        "def use(store):\n    return store.query(User).count(1)\n\n\nuse(Store())\n"
    )
    assert converted(source) == (source, [])


def test_the_work_of_an_earlier_run_is_not_reported() -> None:
    """A query that stayed runs on the sync session inside of the async one."""
    source = (
        "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.util import greenlet_spawn\n\n"
        "from models import User\n\n\nasync def page(db: AsyncSession):\n"
        "    query = db.sync_session.query(User).filter(User.id > 1)\n    return await greenlet_spawn(query.all)\n"
    )
    assert converted(source) == (source, [])


def test_query_property() -> None:
    models = MODELS.replace("Base = declarative_base()", "Base = declarative_base()\nBase.query = None")
    source = "from models import User\n\n\ndef everybody():\n    return User.query.filter(User.id > 1).all()\n"
    after, findings = convert({"models.py": models, "app.py": source})
    assert after["app.py"] == source
    assert [(f.place, f.code) for f in findings] == [("app.py:5", "query-property")]


def test_dynamic_collections() -> None:
    models = MODELS.replace('order_by="Post.id")', 'lazy="dynamic")')
    source = (
        "from sqlalchemy.orm import Session\n\nfrom models import Post, User\n\n\n"
        "def titles(db: Session):\n    return db.get(User, 1).posts.filter(Post.id > 1).all()\n"
    )
    after, findings = convert({"models.py": models, "app.py": source})
    assert "    return db.scalars(db.get(User, 1).posts.statement.where(Post.id > 1)).all()\n" in after["app.py"]
    assert not findings


def test_a_query_that_meets_one_that_stays_stays_too() -> None:
    source = (
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "def page(query, size):\n    return query.limit(size).instances(None)\n\n\n"
        "def users(db: Session):\n    return page(db.query(User), 2)\n\n\n"
        "def names(session: Session):\n    return page(session.query(User.name), 2)\n"
    )
    after, findings = converted(source)
    assert after == source
    assert findings == ["app.py:7 query-method"]


def test_a_session_that_may_have_changed_is_not_used() -> None:
    source = (
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "def users(db: Session, other: Session):\n    query = db.query(User)\n    db = other\n    return query.all()\n"
    )
    after, findings = converted(source)
    assert after == source
    assert findings == ["app.py:9 query-session"]


def test_a_query_that_leaves_the_program_stays() -> None:
    source = (
        "from elsewhere import paginate\nfrom sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "def users(db: Session):\n    return paginate(db.query(User))\n\n\n"
        "def kept(db: Session):\n    return {'q': db.query(User)}\n"
    )
    after, findings = converted(source)
    assert after == source
    assert findings == ["app.py:8 query-escapes", "app.py:12 query-escapes"]


def test_sessions_that_cannot_execute_selects_yet_are_reported() -> None:
    """No version without them has async sessions, so whoever migrates goes to a later one."""
    source = (
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "def users(db: Session):\n    return db.query(User).all(), db.query(User).count()\n"
    )
    files = {"models.py": MODELS, "app.py": source, "requirements.txt": "sqlalchemy==1.3.24\n"}
    after, findings = convert(files)
    assert "return db.scalars(select(User)).all(), db.scalar(" in after["app.py"]
    assert [(f.path, f.code) for f in findings] == [("app.py", "query-version")]
    assert "SQLAlchemy 1.3.24 do not execute" in findings[0].message
    proven = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
    assert convert({**files, "base.py": proven})[1] == ()


def test_columns_that_are_annotated_with_containers_are_not_made_unique() -> None:
    """`unique()` refuses rows with lists or dicts, which Query accepts."""
    models = (
        "from typing import Any\n\nfrom sqlalchemy import JSON, ForeignKey\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\n"
        "class Base(DeclarativeBase):\n    type_annotation_map = {dict[str, Any]: JSON}\n\n\n"
        'class User(Base):\n    __tablename__ = "users"\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
        '    more: Mapped[dict[str, Any]]\n    rest: Mapped["dict[str, Any] | None"]\n\n\n'
        'class Post(Base):\n    __tablename__ = "posts"\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
        '    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))\n'
    )
    source = "from sqlalchemy.orm import Session\n\nfrom models import Post, User\n\n\n"
    for name in ("more", "rest", "id"):
        source += f"def {name}(db: Session):\n    return db.query(User, User.{name}).join(Post).all()\n\n\n"
    after, _ = convert({"models.py": models, "app.py": source})
    assert after["app.py"].count(".all()") == 3
    assert after["app.py"].count(".unique().all()") == 1
    assert "select(User, User.id).join(Post)).unique().all()" in after["app.py"]


def test_criteria_with_members_of_an_enum_repeat_no_row() -> None:
    after, findings = converted(
        "from enum import Enum, IntFlag\n\nfrom sqlalchemy.orm import Session\n\nfrom models import Post, User\n\n\n"
        "class Name(str, Enum):\n    ADA = 'ada'\n\n\nclass Age(IntFlag):\n    OLD = 64\n\n\n"
        "def users(db: Session):\n"
        "    return db.query(User).filter(User.name == Name.ADA.value, User.age < Age.OLD).all()\n\n\n"
        "def authors(db: Session):\n    return db.query(User).filter(User.id == Post.user_id).all()\n"
    )
    assert "select(User).where(User.name == Name.ADA.value, User.age < Age.OLD)).all()" in after
    assert "select(User).where(User.id == Post.user_id)).unique().all()" in after
    assert findings == []


def test_names_that_a_file_uses_otherwise_are_not_taken() -> None:
    after, _ = converted(
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "def select(db: Session):\n    return db.query(User).all()\n\n\n"
        "def delete(db: Session, key: int):\n    db.query(User).filter(User.id == key).delete()\n"
    )
    assert "from sqlalchemy import delete as sa_delete, select as sa_select" in after
    assert "db.scalars(sa_select(User)).all()" in after
    assert "db.execute(sa_delete(User).where(User.id == key))" in after


def test_a_real_session_beside_a_mocked_one_is_no_mock() -> None:
    app = "from models import User\n\n\ndef first(db):\n    return db.query(User).first()\n"
    tests = (
        "from unittest.mock import MagicMock\n\nimport pytest\nfrom sqlalchemy.orm import Session\n\nimport app\n"
        "from models import User\n\n\n@pytest.fixture\ndef db():\n    session = Session()\n    yield session\n\n\n"
        "def test_real(db: Session):\n    assert app.first(db) is None\n    assert db.query(User).count() == 0\n\n\n"
        "def test_mocked():\n    db = MagicMock(spec=Session)\n    db.query.return_value.first.return_value = 1\n"
        "    assert app.first(db) == 1\n"
    )
    after, findings = convert({"models.py": MODELS, "app.py": app, "test_app.py": tests})
    assert "select(func.count()).select_from(User)" in after["test_app.py"]
    assert findings == ()

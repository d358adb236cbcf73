"""Programs that have functions run by `run_sync` already: what these give is known."""

from __future__ import annotations

from .harness import BASE, migrate
from .test_lookalikes import HEAD

APP = (
    HEAD.replace(
        "from sqlalchemy.orm import Session",
        "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import Session",
    )
    + """

def first_post(db: Session, key: int):
    user = db.scalars(select(User).where(User.id == key)).one()
    return user.posts[0] if user.posts else None


def find(db: Session, key: int):
    return db.scalars(select(User).options(selectinload(User.posts)).where(User.id == key)).one_or_none()


async def titles(db: AsyncSession, key: int):
    user: User = await db.run_sync(find, key)
    return [post.title for post in user.posts]
"""
)


def test_what_run_sync_gives_is_what_its_function_does() -> None:
    text = APP.replace("from sqlalchemy.orm import Session", "from sqlalchemy.orm import Session, selectinload", 1)
    done = migrate({**BASE, "main.py": text})
    assert "for post in user.posts]" in done["main.py"]
    assert "greenlet_spawn" not in done["main.py"]

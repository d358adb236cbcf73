"""Functions that run coroutines on a loop of their own: in an async program there is one already."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

APP = f"""\
import asyncio
{HEAD}

async def shout(name):
    await asyncio.sleep(0)
    return name.upper()


def plain(name):
    return asyncio.run(shout(name))


class Names:
    def __init__(self, db: Session):
        self.db = db

    def collect(self):
        loop = asyncio.new_event_loop()
        names = self.db.scalars(select(User.name).order_by(User.id)).all()
        try:
            return [asyncio.run(shout(n)) for n in names], loop.run_until_complete(shout(plain("a")))
        finally:
            loop.close()


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return [*Names(db).collect(), plain("b")]


if __name__ == "__main__":
    print(plain("script"))
"""


def test_they_await_in_the_loop_that_is_there_or_go_to_a_thread(tmp_path: Path) -> None:
    after = prove(tmp_path, APP, [("GET", "/names")], [["main.py"]])["main.py"]
    assert '[await shout(n) for n in names], await shout(await run_in_threadpool(plain, "a"))' in after
    assert "def plain(name):\n    return asyncio.run(shout(name))\n" in after

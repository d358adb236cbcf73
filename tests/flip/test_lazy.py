"""Generator expressions that wait: who reads them goes no further than before."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

AGES = (
    HEAD
    + """
from fastapi.responses import StreamingResponse

seen = []


def age(db: Session, key: int):
    seen.append(key)
    user = db.get(User, key)
    return user.age if user else None
"""
)


def test_early_stops(tmp_path: Path) -> None:
    app = (
        AGES
        + """

@app.get("/")
def read(db: Session = Depends(get_db)):
    answers = [
        any(age(db, k) == 20 for k in (1, 2, 3)),
        any(True for k in (3, 1, 2) if age(db, k) == 30),
        all(age(db, k) > 25 or k > 3 for k in (1, 2, 3)),
        all(age(db, k) for k in (1, 2)),
        not any(age(db, k) is None and k for k in (1, 9, 2)),
        next((k for k in (1, 2, 3) if age(db, k) < 30), None),
        next(k for k in (1, 2, 3) if age(db, k) > 30),
    ]
    try:
        answers.append(next(k for k in (1, 2) if age(db, k) is None))
    except StopIteration:
        answers.append("none")
    return [answers, seen]
"""
    )
    prove(tmp_path, app, [("GET", "/")])


def test_kept_and_read_elsewhere(tmp_path: Path) -> None:
    app = (
        AGES
        + """

def ages(db, keys):
    return (age(db, k) for k in keys)


@app.get("/")
def read(db: Session = Depends(get_db)):
    kept = (age(db, k) for k in (1, 2, 3))
    answers = [next(kept), max(kept), list(kept), list(ages(db, [1, 2]))]
    for number in (age(db, k) for k in (3, 1, 2)):
        answers.append(number)
        if number == 30:
            break
    first, second = (age(db, k) for k in (1, 2))
    pairs = list(zip("ab", (age(db, k) for k in (1, 2))))
    nested = sum(sum(age(db, k) for k in keys) for keys in ([1], [2, 3]))
    return [answers, first, second, pairs, nested, 30 in (age(db, k) for k in (1, 2)), [*(age(db, k) for k in (1,))]]


@app.get("/stream")
def stream(db: Session = Depends(get_db)):
    return StreamingResponse((str(age(db, k)) for k in (1, 2)), media_type="text/plain")
"""
    )
    prove(tmp_path, app, [("GET", "/"), ("GET", "/stream")])

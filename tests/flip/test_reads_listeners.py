"""Reads by validators and listeners, where an attribute is set and in a flush."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_listeners(tmp_path: Path) -> None:
    models = (
        MODELS
        + """

from sqlalchemy import event
from sqlalchemy.orm import validates

AUDIT = []


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(default=0)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship()
    lines: Mapped[List["Line"]] = relationship(back_populates="order", order_by="Line.id")

    @validates("total")
    def check_total(self, key, value):
        if self.lines and value < len(self.lines):
            raise ValueError("too small")
        return value


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="lines")


@event.listens_for(Order, "before_update")
def note(mapper, connection, target):
    AUDIT.append(f"{target.user.name} {[l.price for l in target.lines]}")


@event.listens_for(Order.total, "set")
def changed(target, value, old, initiator):
    AUDIT.append(f"total {value} {target.user.name if target.user else None}")
"""
    )
    filling = (
        FILLING
        + """
    from models import Order, Line
    db.add(Order(id=1, user=ann, total=3, lines=[Line(price=1), Line(price=2)]))
    db.flush()
    from models import AUDIT
    AUDIT.clear()
"""
    )
    main = (
        HEAD
        + """

from models import AUDIT, Line, Order


@app.post("/total/{key}/{value}")
def total(key: int, value: int, db: Session = Depends(get_db)):
    order = db.get(Order, key)
    if order is None:
        raise HTTPException(404)
    order.total = value
    db.commit()
    return AUDIT


@app.post("/bad/{key}/{value}")
def bad(key: int, value: int, db: Session = Depends(get_db)):
    order = db.scalars(select(Order).where(Order.id == key)).one()
    try:
        setattr(order, "total", value)
    except ValueError as error:
        return str(error)
    db.commit()
    return "ok"
"""
    )
    files = {"models.py": models, "filling.py": filling, "main.py": main}
    requests = [("POST", "/total/1/9"), ("POST", "/bad/1/1"), ("POST", "/bad/1/5")]
    prove(tmp_path, files, requests)


def test_listeners_with_types(tmp_path: Path) -> None:
    models = (
        MODELS
        + """

from sqlalchemy import event
from sqlalchemy.orm import Session, validates

AUDIT = []


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(default=0)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship()
    lines: Mapped[List["Line"]] = relationship(back_populates="order", order_by="Line.id")

    @validates("lines")
    def check_line(self, key, line: "Line"):
        if len(self.lines) > 5:
            raise ValueError("too many")
        return line

    def add(self, price: int) -> "Line":
        line = Line(price=price)
        self.lines.append(line)
        return line


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="lines")


@event.listens_for(Order, "before_update")
def note(mapper, connection, target: Order) -> None:
    AUDIT.append(f"{target.user.name} {[l.price for l in target.lines]}")


@event.listens_for(Line, "after_insert")
def inserted(mapper, connection, target: Line) -> None:
    AUDIT.append(f"line {target.price} of {target.order_id}")


@event.listens_for(Session, "before_flush")
def flushing(session: Session, context, instances) -> None:
    for obj in session.new:
        if isinstance(obj, Line):
            AUDIT.append(f"new in {obj.order.user.name}")
    for obj in session.dirty:
        if isinstance(obj, Order):
            AUDIT.append(f"dirty {obj.user.team.name}")


@event.listens_for(Session, "after_commit")
def committed(session):
    AUDIT.append("commit")
"""
    )
    filling = (
        FILLING
        + """
    from models import Order, Line
    db.add(Order(id=1, user=ann, total=3, lines=[Line(price=1), Line(price=2)]))
    db.flush()
    from models import AUDIT
    AUDIT.clear()
"""
    )
    main = (
        HEAD
        + """

from models import AUDIT, Line, Order


@app.post("/total/{key}/{value}")
def total(key: int, value: int, db: Session = Depends(get_db)):
    order = db.get(Order, key)
    order.total = value
    db.commit()
    return AUDIT[-4:]


@app.post("/line/{key}/{price}")
def line(key: int, price: int, db: Session = Depends(get_db)):
    order = db.scalars(select(Order).where(Order.id == key)).one()
    made = order.add(price)
    db.flush()
    db.commit()
    return [AUDIT[-4:], made.price]


@app.post("/line2/{key}/{price}")
def line2(key: int, price: int, db: Session = Depends(get_db)):
    order = db.get(Order, key)
    db.add(Line(price=price, order=order))
    db.commit()
    return AUDIT[-4:]
"""
    )
    files = {"models.py": models, "filling.py": filling, "main.py": main}
    requests = [("POST", "/total/1/9"), ("POST", "/line/1/4")]
    prove(tmp_path, files, requests)


def test_rows_that_listeners_write_are_read_behind_the_commit(tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy import event
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


@event.listens_for(User, "after_update")
def log(mapper, connection, target):
    connection.execute(Post.__table__.insert().values(title=f"now {target.name}", user_id=target.id))


@app.put("/users/{key}")
def rename(key: int, name: str, db: Session = Depends(get_db)):
    user = db.get(User, key)
    before = [post.title for post in user.posts]
    user.name = name
    db.commit()
    return [before, [post.title for post in user.posts]]


@app.put("/posts/{key}")
def retitle(key: int, title: str, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    post.title = title
    db.commit()
    return [post.title, post.author.name]
"""
    requests = [("PUT", "/users/1?name=x"), ("PUT", "/users/1?name=y"), ("PUT", "/posts/1?title=z")]
    done = prove(tmp_path, app, requests)["main.py"]
    assert 'await db.refresh(user, ["posts"])' in done
    assert "db.refresh(post" not in done

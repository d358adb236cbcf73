"""Reads by the special methods of a model."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_special_methods(tmp_path: Path) -> None:
    models = (
        MODELS
        + """

class Basket(Base):
    __tablename__ = "baskets"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    items: Mapped[List["Item"]] = relationship(
        back_populates="basket", order_by="Item.id", cascade="all, delete-orphan"
    )

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def __contains__(self, name):
        return any(i.name == name for i in self.items)

    def __getitem__(self, index):
        return self.items[index]

    def __lt__(self, other):
        return sum(i.price for i in self.items) < sum(i.price for i in other.items)

    def __eq__(self, other):
        return isinstance(other, Basket) and [i.name for i in self.items] == [i.name for i in other.items]

    def __hash__(self):
        return hash(self.id)

    def __bool__(self):
        return bool(self.items)

    def __add__(self, other):
        return [*self.items, *other.items]

    def __call__(self, factor):
        return factor * sum(i.price for i in self.items)

    @classmethod
    def cheapest(cls, baskets):
        return min(baskets, key=cls.total)

    @staticmethod
    def total(basket):
        return sum(i.price for i in basket.items)


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    basket_id: Mapped[int] = mapped_column(ForeignKey("baskets.id"))
    basket: Mapped["Basket"] = relationship(back_populates="items")
"""
    )
    filling = (
        FILLING
        + """
    from models import Basket, Item
    db.add(Basket(id=1, name="a", items=[Item(name="x", price=5), Item(name="y", price=1)]))
    db.add_all([Basket(id=2, name="b", items=[Item(name="z", price=2)]), Basket(id=3, name="c")])
"""
    )
    main = (
        HEAD
        + """

from models import Basket, Item


def get(db, key):
    return db.scalars(select(Basket).where(Basket.id == key)).one()


@app.get("/len/{key}")
def length(key: int, db: Session = Depends(get_db)):
    return len(get(db, key))


@app.get("/iter/{key}")
def iterate(key: int, db: Session = Depends(get_db)):
    return [i.name for i in get(db, key)]


@app.get("/loop/{key}")
def loop(key: int, db: Session = Depends(get_db)):
    out = []
    basket = db.scalars(select(Basket).where(Basket.id == key)).one()
    for item in basket:
        out.append(item.name)
    first, *rest = basket
    return [out, first.name, len(rest)]


@app.get("/in/{key}")
def contained(key: int, db: Session = Depends(get_db)):
    basket = db.scalars(select(Basket).where(Basket.id == key)).one()
    return "x" in basket


@app.get("/item/{key}")
def item(key: int, db: Session = Depends(get_db)):
    basket = db.scalars(select(Basket).where(Basket.id == key)).one()
    return basket[0].name


@app.get("/sorted")
def ordered(db: Session = Depends(get_db)):
    return [b.name for b in sorted(db.scalars(select(Basket).order_by(Basket.id)).all())]


@app.get("/lt")
def less(db: Session = Depends(get_db)):
    a, b, c = db.scalars(select(Basket).order_by(Basket.id)).all()
    return [a < b, a > b]


@app.get("/eq")
def equal(db: Session = Depends(get_db)):
    a, b, c = db.scalars(select(Basket).order_by(Basket.id)).all()
    return [a == b, a != c]


@app.get("/bool/{key}")
def truth(key: int, db: Session = Depends(get_db)):
    basket = db.scalars(select(Basket).where(Basket.id == key)).one()
    if not basket:
        return "empty"
    return "full"


@app.get("/add")
def added(db: Session = Depends(get_db)):
    a, b, c = db.scalars(select(Basket).order_by(Basket.id)).all()
    return [i.name for i in a + b]


@app.get("/call")
def called(db: Session = Depends(get_db)):
    a = db.scalars(select(Basket).where(Basket.id == 1)).one()
    return a(2)


@app.get("/cls")
def by_class(db: Session = Depends(get_db)):
    full = db.scalars(select(Basket).where(Basket.id < 3).order_by(Basket.id)).all()
    return Basket.cheapest(full).name


@app.get("/filterbool")
def filterbool(db: Session = Depends(get_db)):
    found = db.scalars(select(Basket).order_by(Basket.id)).all()
    return [
        [b.name for b in filter(None, found)],
        all(found),
        any(found),
        [b.name for b in found if b],
        [b.name if b else "-" for b in found],
        found[2] and 1 or 0,
    ]
"""
    )
    files = {"models.py": models, "filling.py": filling, "main.py": main}
    requests = [
        ("GET", "/len/1"),
        ("GET", "/iter/1"),
        ("GET", "/loop/1"),
        ("GET", "/in/1"),
        ("GET", "/item/1"),
        ("GET", "/sorted"),
        ("GET", "/lt"),
        ("GET", "/eq"),
        ("GET", "/bool/1"),
        ("GET", "/bool/3"),
        ("GET", "/add"),
        ("GET", "/call"),
        ("GET", "/cls"),
        ("GET", "/filterbool"),
    ]
    prove(tmp_path, files, requests)

"""Trees as deep as they are, and relationships that only some rows have."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_trees_and_subclasses(tmp_path: Path) -> None:
    models = (
        MODELS
        + """

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[List["Node"]] = relationship(back_populates="parent", order_by="Node.id")
    parent: Mapped[Optional["Node"]] = relationship(back_populates="children", remote_side=[id])

    @property
    def path(self) -> str:
        return f"{self.parent.path}/{self.name}" if self.parent else self.name

    def depth(self) -> int:
        return 1 + max((c.depth() for c in self.children), default=0)


class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[Optional["User"]] = relationship()
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    def label(self) -> str:
        return f"{self.kind} of {self.owner.name if self.owner else '-'}"


class Dog(Animal):
    __tablename__ = "dogs"
    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    trick: Mapped[str]
    toys: Mapped[List["Toy"]] = relationship(back_populates="dog", order_by="Toy.id")
    __mapper_args__ = {"polymorphic_identity": "dog"}

    def label(self) -> str:
        return super().label() + f" with {[t.name for t in self.toys]}"


class Toy(Base):
    __tablename__ = "toys"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    dog_id: Mapped[int] = mapped_column(ForeignKey("dogs.id"))
    dog: Mapped["Dog"] = relationship(back_populates="toys")
"""
    )
    filling = (
        FILLING
        + """
    from models import Node, Animal, Dog, Toy
    root = Node(id=1, name="r")
    a = Node(id=2, name="a", parent=root)
    b = Node(id=3, name="b", parent=a)
    c = Node(id=4, name="c", parent=b)
    db.add_all([root, a, b, c, Node(id=5, name="d", parent=root)])
    db.add_all([Dog(id=1, trick="sit", owner=ann, toys=[Toy(name="ball")]), Animal(id=2, owner=bob)])
"""
    )
    main = (
        HEAD
        + """

from models import Animal, Dog, Node, Toy


class NodeOut(Out):
    name: str
    children: List["NodeOut"] = []


class Shallow(Out):
    name: str
    path: str


class ToyOut(Out):
    name: str


class DogOut(Out):
    kind: Literal["dog"]
    trick: str
    toys: List[ToyOut]


class AnimalOut(Out):
    kind: Literal["animal"]
    label: Optional[str] = None


@app.get("/tree/{key}", response_model=NodeOut)
def tree(key: int, db: Session = Depends(get_db)):
    return db.get(Node, key)


def walk(node, level=0):
    lines = ["-" * level + node.name]
    for child in node.children:
        lines.extend(walk(child, level + 1))
    return lines


@app.get("/walk/{key}")
def walked(key: int, db: Session = Depends(get_db)):
    return walk(db.get(Node, key))


@app.get("/up/{key}")
def up(key: int, db: Session = Depends(get_db)):
    node = db.get(Node, key)
    names = []
    while node is not None:
        names.append(node.name)
        node = node.parent
    return names


@app.get("/stack/{key}")
def stacked(key: int, db: Session = Depends(get_db)):
    stack = [db.get(Node, key)]
    names = []
    while stack:
        node = stack.pop()
        names.append(node.name)
        stack.extend(node.children)
    return names


@app.get("/path/{key}", response_model=Shallow)
def path(key: int, db: Session = Depends(get_db)):
    return db.get(Node, key)


@app.get("/depth/{key}")
def depth(key: int, db: Session = Depends(get_db)):
    return db.get(Node, key).depth()


@app.get("/animals")
def animals(db: Session = Depends(get_db)):
    return [a.label() for a in db.scalars(select(Animal).order_by(Animal.id))]


@app.get("/zoo", response_model=List[Union[DogOut, AnimalOut]])
def zoo(db: Session = Depends(get_db)):
    return [a for a in db.scalars(select(Animal).order_by(Animal.id)).all() if a.kind == "dog"]


@app.get("/dogs")
def dogs(db: Session = Depends(get_db)):
    out = []
    for a in db.query(Animal).order_by(Animal.id):
        if isinstance(a, Dog):
            out.append([a.trick, [t.name for t in a.toys], a.owner.team_name])
    return out


@app.get("/toys")
def toys(db: Session = Depends(get_db)):
    return [[t.name, t.dog.trick, t.dog.owner.name] for t in db.scalars(select(Toy))]
"""
    )
    files = {"models.py": models, "filling.py": filling, "main.py": main}
    requests = [
        ("GET", "/tree/1"),
        ("GET", "/walk/1"),
        ("GET", "/up/4"),
        ("GET", "/stack/1"),
        ("GET", "/path/4"),
        ("GET", "/depth/1"),
        ("GET", "/animals"),
        ("GET", "/zoo"),
        ("GET", "/toys"),
    ]
    prove(tmp_path, files, requests)


def test_a_page_that_a_route_makes_of_trees_is_made_in_the_greenlet(tmp_path: Path) -> None:
    models = (
        MODELS
        + """

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[List["Node"]] = relationship(order_by="Node.id")
"""
    )
    filling = """
from models import Node


def fill(db):
    db.add(Node(id=1, name="a", children=[Node(id=2, name="b", children=[Node(id=3, name="c")])]))
    db.flush()
    db.add(Node(id=4, name="d", parent_id=3))
"""
    app = (
        HEAD
        + """
from typing import Generic, TypeVar

from models import Node

T = TypeVar("T")


class NodeOut(Out):
    name: str
    children: List["NodeOut"] = []


class Page(BaseModel, Generic[T]):
    total: int
    items: List[T]


class Loose(BaseModel):
    total: int
    items: list


@app.get("/made", response_model=Page[NodeOut])
def made(db: Session = Depends(get_db)):
    roots = db.query(Node).filter(Node.parent_id.is_(None)).all()
    return Page[NodeOut](total=len(roots), items=roots)


@app.get("/loose", response_model=Page[NodeOut])
def loose(db: Session = Depends(get_db)):
    return Loose(total=1, items=db.query(Node).filter(Node.id == 2).all())
"""
    )
    files = {"models.py": models, "filling.py": filling, "main.py": app}
    done = prove(tmp_path, files, [("GET", "/made"), ("GET", "/loose")])["main.py"]
    assert "return await greenlet_spawn(Page[NodeOut], total=len(roots), items=roots)" in done


def test_a_method_that_calls_itself_on_what_it_finds_runs_in_the_greenlet(tmp_path: Path) -> None:
    models = MODELS.replace(
        "class Base(DeclarativeBase):\n    pass\n",
        """class Base(DeclarativeBase):
    def as_dict(self, depth=0):
        data = {c.name: getattr(self, c.name) for c in self.__table__.columns if not c.foreign_keys}
        for relation in self.__mapper__.relationships if depth else ():
            value = getattr(self, relation.key)
            many = [one.as_dict(depth - 1) for one in value] if relation.uselist else None
            data[relation.key] = many if relation.uselist else value and value.as_dict(depth - 1)
        return data
""",
    )
    app = (
        HEAD
        + """
def rows(db: Session, name: str):
    team = db.query(Team).order_by(Team.id).first()
    return [one.as_dict() for one in getattr(team, name)] if team else []


@app.get("/teams")
def teams(db: Session = Depends(get_db)):
    return [team.as_dict(2) for team in db.query(Team).order_by(Team.id)]


@app.get("/users/{key}")
def user(key: int, db: Session = Depends(get_db)):
    return db.query(User).get(key).as_dict(depth=1)


@app.get("/plain")
def plain(db: Session = Depends(get_db)):
    return rows(db, "us" + "ers")
"""
    )
    worker = """\
def rows(frame):
    return [one.as_dict("records") for one in frame]


def total(frame):
    return len(rows(frame))
"""
    files = {"models.py": models, "filling.py": FILLING, "main.py": app, "worker.py": worker}
    requests = [("GET", "/teams"), ("GET", "/users/1"), ("GET", "/plain")]
    done = prove(tmp_path, files, requests, codes=["unresolved-call"])
    assert done["worker.py"] == worker
    assert [f.path for f in done.findings] == ["worker.py"]
    assert "    def as_dict(self, depth=0):" in done["models.py"]
    assert "await greenlet_spawn(team.as_dict, 2) for team in" in done["main.py"]
    assert "[await greenlet_spawn(one.as_dict) for one in getattr(team, name)]" in done["main.py"]

"""Which side of a relationship is a single object: what SQLAlchemy's own mapping says, for each form of a key."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import configure_mappers

from asyncify.analysis.program import build
from asyncify.model.plan import Workspace

MODELS = '''
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String
from sqlalchemy.orm import declarative_base, declared_attr, relationship

SCHEMA = "main"


class Base:
    @declared_attr
    def __tablename__(cls):
        return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(cls.__name__))


Base = declarative_base(cls=Base)


class ProjectMixin:
    @declared_attr
    def project_id(cls):
        return Column(Integer, ForeignKey("project.id"))

    @declared_attr
    def project(cls):
        return relationship("Project", foreign_keys=[cls.project_id])


class OwnerMixin:
    @declared_attr
    def owner(cls):
        return relationship("Person", primaryjoin=lambda: Person.id == cls.owner_id)


class Project(Base):
    id = Column(Integer, primary_key=True)
    tasks = relationship("Task", back_populates="project", viewonly=True)
    plan = relationship("Plan", uselist=False, backref="project")


class Person(Base):
    id = Column(Integer, primary_key=True)
    owned = relationship("Task", foreign_keys="Task.owner_id", viewonly=True)
    checked = relationship("Task", foreign_keys="[Task.checker_id]", viewonly=True)


class Plan(Base):
    id = Column(Integer, primary_key=True)
    project_id = Column(Integer, ForeignKey("project.id"))
    person_id = Column(Integer, ForeignKey("person.id"))
    person = relationship("Person", uselist=False, backref="plans")


class TaskKind(Base):
    __table_args__ = {"schema": SCHEMA}
    id = Column(Integer, primary_key=True)
    tasks = relationship("Task", viewonly=True)


class Task(ProjectMixin, OwnerMixin, Base):
    id = Column(Integer, primary_key=True)
    owner_id = Column(Integer, ForeignKey("person.id"))
    checker_id = Column(Integer, ForeignKey(Person.id))
    kind_id = Column(Integer, ForeignKey(f"{SCHEMA}.task_kind.id"))
    parent_id = Column(Integer, ForeignKey("task.id"))
    checker = relationship("Person", foreign_keys="Task.checker_id", backref="all_checked")
    kind = relationship("TaskKind", backref="of_kind")
    children = relationship("Task")
    steps = relationship("Step", back_populates="task")


class Step(Base):
    __table_args__ = (ForeignKeyConstraint(["task_id"], ["task.id"]),)
    id = Column(Integer, primary_key=True)
    task_id = Column(Integer)
    task = relationship("Task", back_populates="steps")
'''


def test_each_form_of_a_key(tmp_path: Path) -> None:
    program = build(Workspace(tmp_path, {"models.py": MODELS.encode()}))
    space: dict[str, object] = {"__name__": "models"}
    exec(MODELS, space)
    configure_mappers()
    wanted, found = {}, {}
    for name in ("Project", "Person", "Plan", "TaskKind", "Task", "Step"):
        info = program.orm.named(name)
        assert info is not None
        for relationship in space[name].__mapper__.relationships:  # type: ignore[attr-defined]
            wanted[name, relationship.key] = relationship.uselist and relationship.direction.name != "MANYTOONE"
            here = program.orm.relationship(info, relationship.key)
            found[name, relationship.key] = here.collection if here is not None else None
    assert found == wanted


def test_the_columns_of_mixins_are_columns(tmp_path: Path) -> None:
    program = build(Workspace(tmp_path, {"models.py": MODELS.encode()}))
    task = program.orm.named("Task")
    assert task is not None and "project_id" in program.orm.columns(task)


def test_a_base_that_is_made_of_a_class_of_its_name_has_its_methods(tmp_path: Path) -> None:
    program = build(Workspace(tmp_path, {"models.py": MODELS.encode()}))
    task = program.orm.named("Task")
    assert task is not None and program.classes.method(task, "__tablename__") is not None

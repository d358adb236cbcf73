"""Columns and relationships that only a subclass has, read from instances that a query of the base gave."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove

MODELS = """\
from typing import List, Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    employees: Mapped[List["Employee"]] = relationship(back_populates="company", order_by="Employee.id")


class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    company_id: Mapped[Optional[int]] = mapped_column(ForeignKey("companies.id"))
    company: Mapped[Optional["Company"]] = relationship(back_populates="employees")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}

    def describe(self):
        return self.name


class Engineer(Employee):
    __tablename__ = "engineers"
    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    language: Mapped[str]
    machines: Mapped[List["Machine"]] = relationship(back_populates="engineer", order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    def describe(self):
        return f"{self.name} {self.language} {len(self.machines)}"


class Manager(Employee):
    __tablename__ = "managers"
    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    budget: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Machine(Base):
    __tablename__ = "machines"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    engineer_id: Mapped[Optional[int]] = mapped_column(ForeignKey("engineers.id"))
    engineer: Mapped[Optional["Engineer"]] = relationship(back_populates="machines")
"""
ONE_TABLE = (
    MODELS.replace('    __tablename__ = "engineers"\n', "")
    .replace('    __tablename__ = "managers"\n', "")
    .replace('    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)\n', "")
    .replace("language: Mapped[str]", "language: Mapped[Optional[str]]")
    .replace("budget: Mapped[int]", "budget: Mapped[Optional[int]]")
    .replace("engineers.id", "employees.id")
)
MAPPED = MODELS.replace('identity": "engineer"}', 'identity": "engineer", "polymorphic_load": "selectin"}').replace(
    'identity": "manager"}', 'identity": "manager", "polymorphic_load": "inline"}'
)
FILLING = """\
from models import Company, Employee, Engineer, Machine, Manager


def fill(db):
    eve = Engineer(id=1, name="eve", language="py", machines=[Machine(label="m1"), Machine(label="m2")])
    others = [Manager(id=2, name="max", budget=7), Employee(id=3, name="pat"), Engineer(id=4, name="ed", language="go")]
    db.add(Company(id=1, name="co", employees=[eve, *others]))
"""
HEAD = """\
from typing import List, Optional, Union

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session, selectin_polymorphic, selectinload, with_polymorphic

from db import get_db
from models import Company, Employee, Engineer, Machine, Manager

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
"""
IN_CODE = """

@app.get("/columns")
def columns(db: Session = Depends(get_db)):
    found = []
    for one in db.scalars(select(Employee).order_by(Employee.id)):
        if isinstance(one, Engineer):
            found.append([one.name, one.language])
        elif one.kind == "manager":
            found.append([one.name, one.budget])
    return found


@app.get("/machines")
def machines(db: Session = Depends(get_db)):
    found = db.query(Employee).order_by(Employee.id).all()
    return [[m.label for m in one.machines] for one in found if isinstance(one, Engineer)]


@app.get("/of/{key}")
def of_company(key: int, db: Session = Depends(get_db)):
    company = db.get(Company, key)
    return [[one.language, len(one.machines)] for one in company.employees if isinstance(one, Engineer)]


@app.get("/described")
def described(db: Session = Depends(get_db)):
    return [one.describe() for one in db.scalars(select(Employee).order_by(Employee.id))]


@app.get("/back")
def back(db: Session = Depends(get_db)):
    found = db.scalars(select(Machine).order_by(Machine.id))
    return [[m.engineer.language, [one.name for one in m.engineer.company.employees]] for m in found]


@app.post("/changed/{key}")
def changed(key: int, db: Session = Depends(get_db)):
    one = db.query(Employee).filter(Employee.id == key).first()
    one.name += "!"
    db.commit()
    db.refresh(one)
    return [one.name, one.language, len(one.machines), one.company.name]
"""
IN_SCHEMAS = """

class MachineOut(Out):
    label: str


class EngineerOut(Out):
    language: str
    machines: List[MachineOut]


class ManagerOut(Out):
    budget: int


class Named(Out):
    name: str


class Flat(Out):
    name: str
    language: Optional[str] = None
    budget: Optional[int] = None


class CompanyOut(Out):
    employees: List[Flat]


@app.get("/any", response_model=List[Union[EngineerOut, ManagerOut, Named]])
def of_any(db: Session = Depends(get_db)):
    return db.scalars(select(Employee).order_by(Employee.id)).all()


@app.get("/one/{key}", response_model=Flat)
def one(key: int, db: Session = Depends(get_db)):
    return db.get(Employee, key)


@app.get("/companies", response_model=List[CompanyOut])
def companies(db: Session = Depends(get_db)):
    return db.scalars(select(Company)).all()
"""
REQUESTS = [
    *(("GET", url) for url in ("/columns", "/machines", "/of/1", "/described", "/back")),
    ("POST", "/changed/1"),
    *(("GET", url) for url in ("/any", "/one/1", "/one/2", "/one/3", "/companies")),
]


@pytest.mark.parametrize("models", [MODELS, ONE_TABLE, MAPPED], ids=["tables", "one table", "loaded by the mapping"])
def test_what_subclasses_have(tmp_path: Path, models: str) -> None:
    app = {"models.py": models, "filling.py": FILLING, "main.py": HEAD + IN_CODE + IN_SCHEMAS}
    after = prove(tmp_path, app, REQUESTS)["main.py"]
    assert ("selectin_polymorphic(Employee, [Engineer, Manager])" in after) is (models is not MAPPED)


def test_options_that_load_subclasses(tmp_path: Path) -> None:
    """Those that are there are kept, and continued where that is possible."""
    text = """

@app.get("/of_type")
def of_type(db: Session = Depends(get_db)):
    company = db.scalars(select(Company).options(selectinload(Company.employees.of_type(Engineer)))).one()
    return [[m.label for m in one.machines] for one in company.employees if isinstance(one, Engineer)]


@app.get("/listed")
def listed(db: Session = Depends(get_db)):
    found = db.scalars(select(Employee).options(selectin_polymorphic(Employee, [Engineer])).order_by(Employee.id)).all()
    return [[one.language, len(one.machines)] for one in found if isinstance(one, Engineer)]


@app.get("/budgets")
def budgets(db: Session = Depends(get_db)):
    found = db.scalars(select(Employee).options(selectin_polymorphic(Employee, [Engineer])).order_by(Employee.id)).all()
    return [one.budget for one in found if isinstance(one, Manager)]


@app.get("/alias")
def alias(db: Session = Depends(get_db)):
    everybody = with_polymorphic(Employee, [Engineer])
    found = []
    for one in db.scalars(select(everybody).order_by(everybody.id)).all():
        if isinstance(one, Engineer):
            found.append([one.language, len(one.machines), one.company.name])
        elif isinstance(one, Manager):
            found.append(one.budget)
    return found
"""
    app = {"models.py": MODELS, "filling.py": FILLING, "main.py": HEAD + text}
    urls = ("/of_type", "/listed", "/budgets", "/alias")
    after = prove(tmp_path, app, [("GET", url) for url in urls])["main.py"]
    assert "selectin_polymorphic(Employee, [Engineer]), selectinload(Engineer.machines)" in after

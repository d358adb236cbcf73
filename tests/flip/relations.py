"""Apps put together by chance: some models, relationships between them, nested schemas, routes that write and read.

What each route reads follows from its schema, so a load that is missing, or that empties what another one has loaded,
shows as a wrong answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .harness import BASE, Request

NAMES = ("Author", "Book", "Shop", "Item", "Order", "Team", "Note")
MODELS = """\
from typing import List, Optional

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass
"""
MAIN = """\
from typing import List, Optional

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import engine, get_db
from models import {models}

Base.metadata.create_all(engine)
app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
"""
COLUMNS = (
    'state: Mapped[str] = mapped_column(server_default="new")',
    "rank: Mapped[int] = mapped_column(default=3)",
    'touched: Mapped[Optional[str]] = mapped_column(onupdate=func.upper("x"))',
)


@dataclass(frozen=True)
class Relation:
    """One side of a relationship of a model: its name, the other model, and whether it is a list of these."""

    name: str
    target: str
    many: bool


@dataclass
class App:
    """An app and requests to it. seed: the same one makes the same app."""

    seed: int
    files: dict[str, str] = field(init=False)
    requests: list[Request] = field(init=False)

    def __post_init__(self) -> None:
        """Put everything together."""
        self.chance = random.Random(self.seed)
        self.models = self.chance.sample(NAMES, self.chance.randint(2, 4))
        self.parents: dict[str, list[str]] = {
            child: [parent for parent in self.models[:number] if self.chance.random() < 0.7] or self.models[:number][:1]
            for number, child in enumerate(self.models)
        }
        self.columns = {name: [c for c in COLUMNS if self.chance.random() < 0.3] for name in self.models}
        self.schemas: list[str] = []
        routes = [text for name in self.models for text in self._routes(name)]
        head = MAIN.format(models=", ".join(["Base", *self.models]))
        main = "\n\n".join([head, *self.schemas, *routes])
        models = "\n\n".join([MODELS, *(self._model(name) for name in self.models)])
        self.files = {"main.py": main, "models.py": models, "filling.py": "def fill(db):\n    pass\n"}
        if self.chance.random() < 0.5:
            self.files["db.py"] = BASE["db.py"].replace("autocommit=False, autoflush=False, ", "")
        self.requests = self._requests(main)

    def _relations(self, name: str) -> list[Relation]:
        children = [child for child in self.models if name in self.parents[child]]
        return [
            *(Relation(f"{child.lower()}s", child, True) for child in children),
            *(Relation(parent.lower(), parent, False) for parent in self.parents[name]),
        ]

    def _model(self, name: str) -> str:
        lines = [f"class {name}(Base):", f'    __tablename__ = "{name.lower()}s"']
        lines += ["    id: Mapped[int] = mapped_column(primary_key=True)", "    name: Mapped[str]"]
        lines += [f"    {column}" for column in self.columns[name]]
        for parent in self.parents[name]:
            key = f'ForeignKey("{parent.lower()}s.id")'
            lines.append(f"    {parent.lower()}_id: Mapped[Optional[int]] = mapped_column({key})")
        for one in self._relations(name):
            other = name.lower() if one.many else f"{name.lower()}s"
            kind, order = ("List", f'order_by="{one.target}.id", ') if one.many else ("Optional", "")
            made = f'relationship({order}back_populates="{other}")'
            lines.append(f'    {one.name}: Mapped[{kind}["{one.target}"]] = {made}')
        return "\n".join(lines)

    def _schema(self, name: str, depth: int, above: tuple[str, ...] = ()) -> str:
        """The name of a new schema of a model, which nests others but none of a model above."""
        lines = ["    name: str"]
        lines += [f"    {c.partition(':')[0]}: Optional[{'int' if 'int' in c else 'str'}]" for c in self.columns[name]]
        for one in self._relations(name):
            if depth and one.target not in above and self.chance.random() < 0.6:
                inner = self._schema(one.target, depth - 1, (*above, name))
                lines.append(f"    {one.name}: {'List' if one.many else 'Optional'}[{inner}]")
        schema = f"{name}Out{len(self.schemas)}"
        self.schemas.append("\n".join([f"class {schema}(Out):", *lines]))
        return schema

    def _load(self, name: str, key: str) -> str:
        ways = (
            f"db.get({name}, {key})",
            f"db.query({name}).filter({name}.id == {key}).first()",
            f"db.scalars(select({name}).where({name}.id == {key})).first()",
        )
        return self.chance.choice(ways)

    def _route(self, method: str, path: str, name: str, parameters: str, body: list[str], *, many: bool = False) -> str:
        schema = self._schema(name, self.chance.randint(0, 3))
        model = f"List[{schema}]" if many else schema
        function = f"{method}_{path.strip('/').replace('/', '_').replace('{key}', 'key')}"
        head = f'@app.{method}("{path}", response_model={model})\n'
        lines = "\n".join(f"    {line}" for line in body)
        return f"{head}def {function}({parameters}db: Session = Depends(get_db)):\n{lines}"

    def _routes(self, name: str) -> list[str]:
        path, low, chance = f"/{name.lower()}s", name.lower(), self.chance
        refresh, named = ["db.refresh(row)"], "key: int, name: str, "
        keys = "".join(f", {parent.lower()}_id={parent.lower()}_id" for parent in self.parents[name])
        taken = "".join(f"{parent.lower()}_id: Optional[int] = None, " for parent in self.parents[name])
        children = [one for one in self._relations(name) if one.many]
        if children and chance.random() < 0.5:
            child = chance.choice(children)
            keys += f', {child.name}=[{child.target}(name="i1"), {child.target}(name="i2")]'
        made = [f"row = {name}(name=name{keys})", "db.add(row)", "db.commit()"]
        found = [f"row = {self._load(name, 'key')}", "if row is None:", "    raise HTTPException(404)"]
        changes = ["row.name = name"]
        for one in self._relations(name):
            if chance.random() < 0.4:
                changes.append(self._change(one))
        stored = ["db.commit()", *(refresh if chance.random() < 0.6 else [])]
        created = [*made, *(refresh if chance.random() < 0.6 else []), "return row"]
        every = f"return db.query({name}).order_by({name}.id).all()"
        routes = [
            self._route("post", path, name, f"name: str, {taken}", created),
            self._route("get", f"{path}/{{key}}", name, "key: int, ", [*found, "return row"]),
            self._route("get", path, name, "", [every], many=True),
            self._route("put", f"{path}/{{key}}", name, named, [*found, *changes, *stored, "return row"]),
        ]
        for child in children[:1]:
            added = [*found, f"db.add({child.target}(name=name, {low}_id=row.id))", *stored, "return row"]
            routes.append(self._route("post", f"{path}/{{key}}/{child.name}", name, named, added))
        return routes

    def _change(self, one: Relation) -> str:
        made = f"{one.target}(name=name)"
        if one.many:
            return self.chance.choice((f"row.{one.name}.append({made})", f"row.{one.name} = [{made}]"))
        return f"row.{one.name} = {self.chance.choice((made, self._load(one.target, '1')))}"

    def _requests(self, main: str) -> list[Request]:
        first: list[Request] = []
        later: list[Request] = []
        for name in self.models:
            path = f"/{name.lower()}s"
            keys = "".join(f"&{parent.lower()}_id=1" for parent in self.parents[name])
            first += [("POST", f"{path}?name={letter}{keys}") for letter in "ab"] + [("POST", f"{path}?name=c")]
            later += [("GET", path), ("GET", f"{path}/1"), ("GET", f"{path}/2")]
            later += [("PUT", f"{path}/1?name=z"), ("GET", f"{path}/1"), ("PUT", f"{path}/2?name=y")]
            later += [
                ("POST", f"{path}/1/{one.name}?name=sub")
                for one in self._relations(name)
                if f'"{path}/{{key}}/{one.name}"' in main
            ]
        self.chance.shuffle(later)
        return [*first, *later, *(("GET", f"/{name.lower()}s") for name in self.models)]

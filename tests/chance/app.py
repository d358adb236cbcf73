"""An app by chance: models, helpers in functions or in a class, schemas and routes, and requests for all of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from . import schema
from .bodies import Body, Function, Variable
from .schema import ROWS, Model

Request = tuple[str, str]

DB = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite:///./app.db", connect_args={{"check_same_thread": False}})
SessionLocal = sessionmaker({options}bind=engine)


def get_db():
    {opened}
"""
OPENED = (
    "db = SessionLocal()\n    try:\n        yield db\n    finally:\n        db.close()",
    "with SessionLocal() as db:\n        yield db",
)


@dataclass(frozen=True)
class App:
    """Its files, and what to ask it."""

    files: dict[str, str]
    requests: Sequence[Request]


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.models = schema.draw(self.random)
        self.style = self.random.choice(["functions", "class"])
        self.typed = self.random.random() < 0.7
        self.helpers: list[Function] = []

    def crud(self) -> str:
        """The text of `crud.py`: helpers, each of which may call those before it."""
        lines = ["from fastapi import HTTPException", "from sqlalchemy import select, update"]
        lines += ["from sqlalchemy.orm import Session", "", f"from models import {self._names}", ""]
        method = self.style == "class"
        if method:
            annotation = ": Session" if self.typed else ""
            lines += ["", "class Store:", f"    def __init__(self, db{annotation}):", "        self.db = db"]
        for number in range(self.random.randint(3, 7)):
            lines += ["", *([] if method else [""]), *(("    " if method else "") + x for x in self._helper(number))]
        return "\n".join(lines) + "\n"

    def _helper(self, number: int) -> list[str]:
        random, method = self.random, self.style == "class"
        db, prefix = ("self.db", "self.") if method else ("db", "")
        body = Body(random, self.models, self.helpers, lambda name: f"{prefix}{name}", db)
        takes = tuple(random.sample(self.models, random.randint(0, 2)))
        parameters = [self._parameter(model) for model in takes]
        for model in takes:
            variable = body.new(model)
            variable.name, variable.given = model.name.lower(), True
            body.variables.append(variable)
        body.put("out = []")
        body.some(random.randint(1, 4))
        given = list(body.variables)
        result = random.choice(given) if given and random.random() < 0.6 else None
        body.put(f"return {result.name}" if result else "return out")
        session = "self" if method else ("db: Session" if self.typed else "db")
        name = f"step_{number}"
        gives = result.model if result else None
        self.helpers.append(Function(name, takes, gives, bool(result and result.many)))
        return [f"def {name}({', '.join([session, *parameters])}):", *body.lines]

    def _parameter(self, model: Model) -> str:
        return f"{model.name.lower()}: {model.name}" if self.typed else model.name.lower()

    @property
    def _names(self) -> str:
        return ", ".join(model.name for model in self.models)

    def schemas(self) -> str:
        """The text of `schemas.py`: for each class one that reads columns, and one that reads more."""
        lines = ["from typing import Any, List, Optional", "", "from pydantic import BaseModel, ConfigDict", ""]
        for model in self.models:
            lines += ["", f"class {model.name}Out(BaseModel):", "    model_config = ConfigDict(from_attributes=True)"]
            lines += ["    id: int", "    name: str", "    size: int"]
        for model in self.models:
            lines += ["", "", f"class {model.name}Full({model.name}Out):"]
            fields = [f"    {value}: Any" for value in model.values if self.random.random() < 0.4]
            for relation in model.relations:
                if self.random.random() < 0.5:
                    kind = f"{relation.target.name}Out"
                    kind = f"List[{kind}]" if relation.many else f"Optional[{kind}]"
                    fields.append(f"    {relation.name}: {kind}")
            lines += fields or ["    pass"]
        return "\n".join(lines) + "\n"

    def main(self) -> tuple[str, list[Request]]:
        """The text of `main.py` and requests."""
        classes = ", ".join(f"{m.name}{end}" for m in self.models for end in ("Out", "Full"))
        lines = ["from typing import List", "", "from fastapi import Depends, FastAPI, HTTPException"]
        lines += ["from sqlalchemy import select, update", "from sqlalchemy.orm import Session", ""]
        lines += ["import crud", "from db import get_db", f"from models import {self._names}"]
        lines += [f"from schemas import {classes}", "", "app = FastAPI()"]
        if self.style == "class":
            lines += ["", "", "def get_store(db: Session = Depends(get_db)):", "    return crud.Store(db)"]
        requests: list[Request] = []
        for number in range(self.random.randint(4, 7)):
            written, path, keys = self._route(number)
            lines += ["", "", *written]
            for _ in range(2):
                requests.append(("POST", path.format(*(self.random.randint(1, ROWS) for _ in range(keys)))))
        return "\n".join(lines) + "\n", requests

    def _route(self, number: int) -> tuple[list[str], str, int]:
        random = self.random
        as_class = self.style == "class" and random.random() < 0.7
        prefix = "store." if as_class else "crud."
        helpers = self.helpers if as_class or self.style == "functions" else []
        body = Body(random, self.models, helpers, lambda name: f"{prefix}{name}", "store.db" if as_class else "db")
        loaded = random.sample(self.models, random.randint(1, 3))
        keys = [f"{m.name.lower()}_id" for m in loaded]
        body.put("out = []")
        for model, key in zip(loaded, keys, strict=True):
            body.load(model, key)
        body.some(random.randint(2, 6))
        result, model_argument = "out", ""
        variable = random.choice(body.variables or [Variable("", self.models[0])])
        form, kind = (
            random.random() if variable.name else 1,
            f"{variable.model.name}{random.choice(['Out', 'Full', 'Full'])}",
        )
        if form < 0.35:
            result = variable.name
            model_argument = f", response_model={f'List[{kind}]' if variable.many else kind}"
        elif form < 0.6:
            item = f"{kind}.model_validate({{}})"
            shown = f"[{item.format('x')} for x in {variable.name}]" if variable.many else item.format(variable.name)
            result = f'{{"shown": {shown}, "out": out}}'
        body.put(f"return {result}")
        parameters = [f"{key}: int" for key in keys]
        parameters.append("store: crud.Store = Depends(get_store)" if as_class else "db: Session = Depends(get_db)")
        path = "/".join([f"/r{number}", *(f"{{{key}}}" for key in keys)])
        head = [f'@app.post("{path}"{model_argument})', f"def route_{number}({', '.join(parameters)}):"]
        return [*head, *body.lines], "/".join([f"/r{number}", *("{}" for _ in keys)]), len(keys)


def draw(seed: int) -> App:
    """The app of a number, always the same."""
    maker = _Maker(seed)
    options = maker.random.choice(["", "autoflush=False, ", "autocommit=False, autoflush=False, "])
    crud = maker.crud()
    main, requests = maker.main()
    files = {
        "db.py": DB.format(options=options, opened=maker.random.choice(OPENED)),
        "models.py": schema.source(maker.models),
        "filling.py": schema.filling(maker.random, maker.models),
        "crud.py": crud,
        "schemas.py": maker.schemas(),
        "main.py": main,
        "requirements.txt": "fastapi\nsqlalchemy\nhttpx\n",
    }
    return App(files, requests)

"""A code base to measure: the mix of a real FastAPI repository, written by templates, the same for the same size.

Half of it has to do with the database (models, CRUD classes over a generic base, services that call each other over
modules, routes, tests); the other half has not (schemas, clients of other services, calculations, formats, settings,
tests of those), as in the repositories that such a tool meets.
"""

from __future__ import annotations

import random
from string import Template
from textwrap import dedent

WORDS = (
    "account address article asset badge branch bundle campaign carrier catalog channel clinic comment company contract "
    "coupon course customer deal delivery device document driver employee event feature folder garden grade guest hotel "
    "incident invoice item journal label ledger lesson letter license location machine manual market meeting member "
    "message milestone module note notice offer office option order owner parcel partner patient payment permit person "
    "picture plan player policy post product profile project purchase question queue quote rating recipe record refund "
    "region release report request reservation review reward role room route sample schedule section segment seller "
    "sensor service shelf shift ship signal site skill source sprint station status stock storage store story student "
    "subject supplier survey tag task team tenant ticket token topic tour track trade trip unit vendor venue version "
    "visit voucher wallet warehouse widget worker workflow zone"
).split()

SHARED = {
    "app/__init__.py": "",
    "app/core/__init__.py": "",
    "app/core/config.py": """
        import os
        from functools import lru_cache


        class Settings:
            database_url: str = os.environ.get("DATABASE_URL", "sqlite:///./app.db")
            echo: bool = False
            page_size: int = 50
            service_timeout: float = 10.0


        @lru_cache
        def get_settings() -> Settings:
            return Settings()
    """,
    "app/core/db.py": """
        from collections.abc import Generator
        from contextlib import contextmanager

        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

        from app.core.config import get_settings

        engine = create_engine(get_settings().database_url, pool_pre_ping=True)
        SessionLocal = sessionmaker(bind=engine, autoflush=False)


        class Base(DeclarativeBase):
            pass


        def get_db() -> Generator[Session, None, None]:
            db = SessionLocal()
            try:
                yield db
            finally:
                db.close()


        @contextmanager
        def session_scope():
            session = SessionLocal()
            try:
                yield session
                session.commit()
            except Exception:
                session.rollback()
                raise
            finally:
                session.close()
    """,
    "app/core/deps.py": """
        from typing import Annotated

        from fastapi import Depends, Header, HTTPException
        from sqlalchemy.orm import Session

        from app.core.db import get_db

        SessionDep = Annotated[Session, Depends(get_db)]


        def page(skip: int = 0, limit: int = 50) -> dict[str, int]:
            return {"skip": max(skip, 0), "limit": min(limit, 200)}


        def require_key(x_key: str | None = Header(default=None)) -> str:
            if x_key is None or len(x_key) < 8:
                raise HTTPException(status_code=401, detail="missing key")
            return x_key
    """,
    "app/crud/__init__.py": "",
    "app/crud/base.py": """
        from typing import Any, Generic, TypeVar

        from fastapi.encoders import jsonable_encoder
        from pydantic import BaseModel
        from sqlalchemy import select
        from sqlalchemy.orm import Session

        from app.core.db import Base

        ModelType = TypeVar("ModelType", bound=Base)
        CreateType = TypeVar("CreateType", bound=BaseModel)
        UpdateType = TypeVar("UpdateType", bound=BaseModel)


        class CRUDBase(Generic[ModelType, CreateType, UpdateType]):
            def __init__(self, model: type[ModelType]) -> None:
                self.model = model

            def get(self, db: Session, id: Any) -> ModelType | None:
                return db.query(self.model).filter(self.model.id == id).first()

            def get_multi(self, db: Session, *, skip: int = 0, limit: int = 100) -> list[ModelType]:
                return db.query(self.model).offset(skip).limit(limit).all()

            def create(self, db: Session, *, obj_in: CreateType) -> ModelType:
                data = jsonable_encoder(obj_in)
                db_obj = self.model(**data)
                db.add(db_obj)
                db.commit()
                db.refresh(db_obj)
                return db_obj

            def update(self, db: Session, *, db_obj: ModelType, obj_in: UpdateType | dict[str, Any]) -> ModelType:
                current = jsonable_encoder(db_obj)
                changes = obj_in if isinstance(obj_in, dict) else obj_in.model_dump(exclude_unset=True)
                for field in current:
                    if field in changes:
                        setattr(db_obj, field, changes[field])
                db.add(db_obj)
                db.commit()
                db.refresh(db_obj)
                return db_obj

            def remove(self, db: Session, *, id: int) -> ModelType | None:
                found = db.execute(select(self.model).where(self.model.id == id)).scalar_one_or_none()
                if found is not None:
                    db.delete(found)
                    db.commit()
                return found
    """,
    "tests/__init__.py": "",
    "tests/conftest.py": """
        import pytest
        from fastapi.testclient import TestClient

        from app.core.db import Base, SessionLocal, engine, get_db
        from app.main import app


        @pytest.fixture
        def db():
            Base.metadata.create_all(engine)
            session = SessionLocal()
            yield session
            session.close()
            Base.metadata.drop_all(engine)


        @pytest.fixture
        def client(db):
            app.dependency_overrides[get_db] = lambda: db
            with TestClient(app) as test_client:
                yield test_client
            app.dependency_overrides.clear()
    """,
}

MODEL = """
    from __future__ import annotations

    from datetime import datetime

    from sqlalchemy import Column, DateTime, ForeignKey, Integer, Numeric, String, Text, func
    from sqlalchemy.orm import Mapped, mapped_column, relationship

    from app.core.db import Base


    class ${C}(Base):
        __tablename__ = "${w}s"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(200), index=True)
        description: Mapped[str | None] = mapped_column(Text)
        status: Mapped[str] = mapped_column(String(20), default="open")
        amount: Mapped[int] = mapped_column(Integer, default=0)
        created_at: Mapped[datetime] = mapped_column(DateTime, server_default=func.now())
        updated_at: Mapped[datetime] = mapped_column(DateTime, server_default=func.now(), onupdate=func.now())
        ${p}_id: Mapped[int | None] = mapped_column(ForeignKey("${p}s.id"))

        lines: Mapped[list[${C}Line]] = relationship(back_populates="${w}", cascade="all, delete-orphan")
        ${p}: Mapped[${P} | None] = relationship("${P}")

        @property
        def total(self) -> int:
            return sum(line.price * line.quantity for line in self.lines)

        def is_open(self) -> bool:
            return self.status in ("open", "waiting")

        def __repr__(self) -> str:
            return f"<${C} {self.id} {self.name!r}>"


    class ${C}Line(Base):
        __tablename__ = "${w}_lines"

        id = Column(Integer, primary_key=True)
        label = Column(String(100), nullable=False)
        price = Column(Numeric(10, 2), default=0)
        quantity = Column(Integer, default=1)
        ${w}_id = Column(Integer, ForeignKey("${w}s.id"))

        ${w} = relationship("${C}", back_populates="lines")
"""

SCHEMA = """
    from datetime import datetime
    from enum import Enum

    from pydantic import BaseModel, ConfigDict, Field, field_validator


    class ${C}Status(str, Enum):
        OPEN = "open"
        WAITING = "waiting"
        CLOSED = "closed"


    class ${C}LineRead(BaseModel):
        model_config = ConfigDict(from_attributes=True)

        id: int
        label: str
        price: float = 0
        quantity: int = Field(default=1, ge=0)


    class ${C}Base(BaseModel):
        name: str = Field(min_length=1, max_length=200)
        description: str | None = None
        status: ${C}Status = ${C}Status.OPEN
        amount: int = 0

        @field_validator("name")
        @classmethod
        def strip_name(cls, value: str) -> str:
            cleaned = " ".join(value.split())
            if not cleaned:
                raise ValueError("a ${w} needs a name")
            return cleaned


    class ${C}Create(${C}Base):
        ${p}_id: int | None = None


    class ${C}Update(BaseModel):
        name: str | None = None
        description: str | None = None
        status: ${C}Status | None = None


    class ${C}Read(${C}Base):
        model_config = ConfigDict(from_attributes=True)

        id: int
        created_at: datetime
        lines: list[${C}LineRead] = []


    class ${C}Page(BaseModel):
        items: list[${C}Read]
        total: int
        skip: int = 0
"""

CRUD = """
    from sqlalchemy import func, select
    from sqlalchemy.orm import Session

    from app.crud.base import CRUDBase
    from app.models.${w} import ${C}, ${C}Line
    from app.schemas.${w} import ${C}Create, ${C}Update


    class CRUD${C}(CRUDBase[${C}, ${C}Create, ${C}Update]):
        def get_by_name(self, db: Session, *, name: str) -> ${C} | None:
            return db.query(${C}).filter(${C}.name == name).first()

        def search(self, db: Session, text: str, *, status: str | None = None, limit: int = 20) -> list[${C}]:
            query = db.query(${C}).filter(${C}.name.ilike(f"%{text}%"))
            if status is not None:
                query = query.filter(${C}.status == status)
            return query.order_by(${C}.created_at.desc()).limit(limit).all()

        def count_by_status(self, db: Session) -> dict[str, int]:
            rows = db.execute(select(${C}.status, func.count(${C}.id)).group_by(${C}.status)).all()
            return {status: count for status, count in rows}

        def add_line(self, db: Session, ${w}: ${C}, label: str, price: float, quantity: int = 1) -> ${C}Line:
            line = ${C}Line(label=label, price=price, quantity=quantity)
            ${w}.lines.append(line)
            db.commit()
            db.refresh(line)
            return line


    ${w} = CRUD${C}(${C})
"""

SERVICE = """
    import logging

    from fastapi import HTTPException
    from sqlalchemy.orm import Session

    from app.clients.${w} import ${C}Client
    from app.core.db import session_scope
    from app.crud.${p} import ${p} as ${p}_crud
    from app.crud.${w} import ${w} as ${w}_crud
    from app.models.${w} import ${C}
    from app.schemas.${w} import ${C}Create, ${C}Update
    from app.services import ${p} as ${p}_service
    from app.tools.${w} import score, summarize

    logger = logging.getLogger(__name__)


    def get_or_404(db: Session, ${w}_id: int) -> ${C}:
        found = ${w}_crud.get(db, ${w}_id)
        if found is None:
            logger.warning("no ${w} %s", ${w}_id)
            raise HTTPException(status_code=404, detail="${w} not found")
        return found


    def create_${w}(db: Session, data: ${C}Create) -> ${C}:
        if ${w}_crud.get_by_name(db, name=data.name) is not None:
            raise HTTPException(status_code=409, detail="${w} exists")
        if data.${p}_id is not None:
            owner = ${p}_service.get_or_404(db, data.${p}_id)
            logger.info("${w} for %s", owner.name)
        created = ${w}_crud.create(db, obj_in=data)
        notify(created)
        return created


    def close_${w}(db: Session, ${w}_id: int, *, reason: str = "") -> ${C}:
        found = get_or_404(db, ${w}_id)
        if not found.is_open():
            return found
        found.status = "closed"
        for line in found.lines:
            if line.quantity < 1:
                db.delete(line)
        if found.${p} is not None and reason:
            found.${p}.description = reason
        db.commit()
        db.refresh(found)
        return found


    def overview(db: Session, ${w}_id: int) -> dict:
        found = get_or_404(db, ${w}_id)
        lines = [{"label": line.label, "cost": float(line.price) * line.quantity} for line in found.lines]
        parent = ${p}_crud.get(db, found.${p}_id) if found.${p}_id else None
        result = summarize(found.name, lines)
        result["score"] = score([line["cost"] for line in lines])
        result["parent"] = parent.name if parent else None
        return result


    def update_many(db: Session, ids: list[int], data: ${C}Update) -> list[${C}]:
        changed = []
        for one in ids:
            found = ${w}_crud.get(db, one)
            if found is None:
                continue
            changed.append(${w}_crud.update(db, db_obj=found, obj_in=data))
        return changed


    def nightly() -> int:
        done = 0
        with session_scope() as session:
            for found in ${w}_crud.get_multi(session, limit=1000):
                if found.amount > 100 and found.is_open():
                    found.status = "waiting"
                    done += 1
        return done


    def notify(created: ${C}) -> None:
        try:
            ${C}Client().send({"id": created.id, "name": created.name})
        except OSError as error:
            logger.exception("could not tell about %s: %s", created.id, error)
"""

ROUTES = """
    from fastapi import APIRouter, BackgroundTasks, Depends, Query
    from sqlalchemy.orm import Session

    from app.core.db import get_db
    from app.core.deps import SessionDep, page, require_key
    from app.crud.${w} import ${w} as ${w}_crud
    from app.schemas.${w} import ${C}Create, ${C}Page, ${C}Read, ${C}Update
    from app.services import ${w} as service

    router = APIRouter(prefix="/${w}s", tags=["${w}"], dependencies=[Depends(require_key)])


    @router.get("/", response_model=${C}Page)
    def list_${w}s(db: Session = Depends(get_db), where: dict = Depends(page)):
        items = ${w}_crud.get_multi(db, skip=where["skip"], limit=where["limit"])
        return {"items": items, "total": len(items), "skip": where["skip"]}


    @router.post("/", response_model=${C}Read, status_code=201)
    def create(data: ${C}Create, tasks: BackgroundTasks, db: Session = Depends(get_db)):
        created = service.create_${w}(db, data)
        tasks.add_task(service.nightly)
        return created


    @router.get("/search", response_model=list[${C}Read])
    def search(db: SessionDep, text: str = Query(min_length=2), status: str | None = None):
        return ${w}_crud.search(db, text, status=status)


    @router.get("/{${w}_id}", response_model=${C}Read)
    def read(${w}_id: int, db: SessionDep):
        return service.get_or_404(db, ${w}_id)


    @router.put("/{${w}_id}", response_model=${C}Read)
    def change(${w}_id: int, data: ${C}Update, db: Session = Depends(get_db)):
        found = service.get_or_404(db, ${w}_id)
        return ${w}_crud.update(db, db_obj=found, obj_in=data)


    @router.post("/{${w}_id}/close", response_model=${C}Read)
    def close(${w}_id: int, db: SessionDep, reason: str = ""):
        return service.close_${w}(db, ${w}_id, reason=reason)


    @router.get("/{${w}_id}/overview")
    def overview(${w}_id: int, db: SessionDep):
        return service.overview(db, ${w}_id)
"""

CLIENT = """
    import time
    from dataclasses import dataclass, field

    import requests

    from app.core.config import get_settings


    class ${C}Error(Exception):
        def __init__(self, message: str, status: int = 0) -> None:
            super().__init__(message)
            self.status = status


    @dataclass
    class ${C}Answer:
        status: int
        body: dict = field(default_factory=dict)
        retries: int = 0

        @property
        def ok(self) -> bool:
            return 200 <= self.status < 300


    class ${C}Client:
        base = "https://${w}.example.com/api"

        def __init__(self, timeout: float | None = None, retries: int = 3) -> None:
            self.timeout = timeout or get_settings().service_timeout
            self.retries = retries
            self.session = requests.Session()
            self.headers = {"accept": "application/json", "user-agent": "app"}

        def _url(self, *parts: object) -> str:
            return "/".join([self.base, *(str(part).strip("/") for part in parts)])

        def get(self, ident: int) -> ${C}Answer:
            return self._send("GET", self._url("${w}s", ident))

        def send(self, payload: dict) -> ${C}Answer:
            answer = self._send("POST", self._url("${w}s"), payload)
            if not answer.ok:
                raise ${C}Error(f"refused with {answer.status}", answer.status)
            return answer

        def _send(self, method: str, url: str, payload: dict | None = None) -> ${C}Answer:
            for attempt in range(self.retries):
                response = self.session.request(
                    method, url, json=payload, headers=self.headers, timeout=self.timeout
                )
                if response.status_code < 500:
                    body = response.json() if response.content else {}
                    return ${C}Answer(response.status_code, body, attempt)
                time.sleep(0.1 * 2**attempt)
            return ${C}Answer(503, {}, self.retries)


    def parse_answer(body: dict) -> list[dict]:
        items = []
        for raw in body.get("items", []):
            if not isinstance(raw, dict) or "id" not in raw:
                continue
            item = {key.lower(): value for key, value in raw.items() if value is not None}
            item["id"] = int(item["id"])
            item["labels"] = sorted({str(label).strip() for label in item.get("labels", ())})
            items.append(item)
        return items
"""

TOOLS = """
    import csv
    import io
    import math
    import re
    from collections import Counter, defaultdict
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime, timedelta

    WORD = re.compile(r"[a-z0-9]+")
    LIMITS = {"small": 10, "medium": 100, "large": 1000}
    FIELDS = ("id", "name", "status", "amount", "created_at")


    def score(costs: Iterable[float], *, weight: float = ${weight}) -> float:
        values = sorted(float(cost) for cost in costs)
        if not values:
            return 0.0
        middle = len(values) // 2
        median = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        return round(weight * median + (1 - weight) * mean - spread / ${divisor}, 4)


    def summarize(name: str, lines: list[dict]) -> dict:
        totals: dict[str, float] = defaultdict(float)
        for line in lines:
            totals[line["label"]] += line.get("cost", 0.0)
        top = max(totals, key=lambda label: totals[label], default=None)
        size = next((key for key, limit in LIMITS.items() if len(lines) <= limit), "huge")
        return {"name": name.title(), "totals": dict(totals), "top": top, "size": size}


    def words(text: str) -> Iterator[str]:
        for match in WORD.finditer(text.lower()):
            word = match.group()
            if len(word) > 2 and not word.isdigit():
                yield word


    def common_words(texts: Iterable[str], count: int = 10) -> list[tuple[str, int]]:
        counter: Counter[str] = Counter()
        for text in texts:
            counter.update(words(text))
        return counter.most_common(count)


    def to_csv(rows: Iterable[dict]) -> str:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, fieldnames=FIELDS, extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            cleaned = dict(row)
            for key, value in cleaned.items():
                if isinstance(value, (date, datetime)):
                    cleaned[key] = value.isoformat()
                elif isinstance(value, float):
                    cleaned[key] = f"{value:.2f}"
            writer.writerow(cleaned)
        return buffer.getvalue()


    class ${C}Calendar:
        def __init__(self, start: date, days: int = ${days}, holidays: Iterable[date] = ()) -> None:
            self.start = start
            self.days = days
            self.holidays = frozenset(holidays)
            self._cache: dict[date, bool] = {}

        def is_working(self, day: date) -> bool:
            if day not in self._cache:
                self._cache[day] = day.weekday() < 5 and day not in self.holidays
            return self._cache[day]

        def __iter__(self) -> Iterator[date]:
            for offset in range(self.days):
                day = self.start + timedelta(days=offset)
                if self.is_working(day):
                    yield day

        def due(self, after: int) -> date:
            left, day = after, self.start
            while left > 0:
                day += timedelta(days=1)
                if self.is_working(day):
                    left -= 1
            return day

        def weeks(self) -> dict[int, list[date]]:
            found: dict[int, list[date]] = {}
            for day in self:
                found.setdefault(day.isocalendar()[1], []).append(day)
            return found
"""

TEST_ROUTES = """
    import pytest

    from app.crud.${w} import ${w} as ${w}_crud
    from app.models.${w} import ${C}
    from app.schemas.${w} import ${C}Create
    from app.services import ${w} as service

    HEADERS = {"x-key": "0123456789"}


    @pytest.fixture
    def sample(db) -> ${C}:
        return ${w}_crud.create(db, obj_in=${C}Create(name="First ${w}", amount=${days}))


    def test_create(client):
        response = client.post("/${w}s/", json={"name": "New ${w}", "amount": 3}, headers=HEADERS)
        assert response.status_code == 201, response.text
        body = response.json()
        assert body["name"] == "New ${w}"
        assert body["lines"] == []


    def test_read(client, sample):
        response = client.get(f"/${w}s/{sample.id}", headers=HEADERS)
        assert response.status_code == 200
        assert response.json()["id"] == sample.id


    def test_missing(client):
        assert client.get("/${w}s/999", headers=HEADERS).status_code == 404


    def test_key_is_needed(client):
        response = client.get("/${w}s/")
        assert response.status_code == 401
        assert response.json() == {"detail": "missing key"}


    def test_close(client, db, sample):
        ${w}_crud.add_line(db, sample, "one", 2.5)
        response = client.post(f"/${w}s/{sample.id}/close", params={"reason": "done"}, headers=HEADERS)
        assert response.status_code == 200
        db.refresh(sample)
        assert sample.status == "closed"
        assert [line.label for line in sample.lines] == ["one"]


    def test_search(db, sample):
        found = ${w}_crud.search(db, "first")
        assert [one.id for one in found] == [sample.id]
        assert ${w}_crud.count_by_status(db) == {"open": 1}


    def test_overview(db, sample):
        result = service.overview(db, sample.id)
        assert result["name"] == "First ${C}"
        assert db.query(${C}).count() == 1
"""

TEST_TOOLS = """
    from datetime import date
    from unittest.mock import patch

    import pytest

    from app.clients.${w} import ${C}Client, ${C}Error, parse_answer
    from app.tools.${w} import ${C}Calendar, common_words, score, summarize, to_csv


    @pytest.mark.parametrize(
        ("costs", "expected"),
        [([], 0.0), ([1.0], 1.0), ([2.0, 2.0, 2.0], 2.0)],
    )
    def test_score(costs, expected):
        assert score(costs) == pytest.approx(expected)


    def test_summarize():
        lines = [{"label": "a", "cost": 1.0}, {"label": "b", "cost": 3.0}, {"label": "a", "cost": 1.5}]
        result = summarize("the ${w}", lines)
        assert result["top"] == "b"
        assert result["totals"] == {"a": 2.5, "b": 3.0}
        assert result["size"] == "small"


    def test_words():
        assert common_words(["One ${w} and another ${w}", "12 and more"], 1) == [("${w}", 2)]


    def test_csv():
        text = to_csv([{"id": 1, "name": "x", "amount": 1.5, "created_at": date(2024, 1, ${day})}])
        assert text.splitlines()[0] == "id,name,status,amount,created_at"
        assert "1.50" in text


    def test_calendar():
        calendar = ${C}Calendar(date(2024, 1, ${day}), holidays=[date(2024, 1, 2)])
        assert calendar.due(1) > calendar.start
        assert all(day.weekday() < 5 for week in calendar.weeks().values() for day in week)


    def test_answers():
        body = {"items": [{"id": "1", "Labels": None, "labels": ["b", "a"]}, {"name": "x"}]}
        assert parse_answer(body) == [{"id": 1, "labels": ["a", "b"]}]


    def test_refused():
        client = ${C}Client(timeout=1.0, retries=1)
        with patch.object(client.session, "request") as request:
            request.return_value.status_code = 400
            request.return_value.content = b""
            with pytest.raises(${C}Error) as caught:
                client.send({"id": 1})
        assert caught.value.status == 400
"""

PARTS = {
    "app/models/{}.py": MODEL,
    "app/schemas/{}.py": SCHEMA,
    "app/crud/{}.py": CRUD,
    "app/services/{}.py": SERVICE,
    "app/api/{}.py": ROUTES,
    "app/clients/{}.py": CLIENT,
    "app/tools/{}.py": TOOLS,
    "tests/api/test_{}.py": TEST_ROUTES,
    "tests/unit/test_{}_tools.py": TEST_TOOLS,
}


def code_base(lines: int) -> dict[str, bytes]:
    """Files of about so many lines in all: domains, each a set of files that use those of an earlier domain."""
    chance = random.Random(lines)  # noqa: S311 - variety, not secrecy
    files = {path: _plain(text) for path, text in SHARED.items()}
    names: list[str] = []
    count = sum(text.count("\n") for text in files.values())
    while count < lines:
        number = len(names)
        word = WORDS[number % len(WORDS)] + ("" if number < len(WORDS) else str(number // len(WORDS)))
        parent = chance.choice(names[-8:]) if names else word
        values = {
            "w": word,
            "C": word.title(),
            "p": parent,
            "P": parent.title(),
            "weight": round(chance.random(), 2),
            "divisor": chance.randint(2, 9),
            "days": chance.randint(20, 90),
            "day": chance.randint(3, 28),
        }
        for path, part in PARTS.items():
            files[path.format(word)] = text = _plain(Template(part).substitute(values))
            count += text.count("\n")
        names.append(word)
    files["app/main.py"] = _main(names)
    return {path: text.encode() for path, text in sorted(files.items())}


def _plain(text: str) -> str:
    return dedent(text).lstrip("\n")


def _main(names: list[str]) -> str:
    imports = "".join(f"from app.api.{name} import router as {name}_router\n" for name in names)
    includes = "".join(f"app.include_router({name}_router)\n" for name in names)
    return f"from fastapi import FastAPI\n\n{imports}\napp = FastAPI()\n{includes}"

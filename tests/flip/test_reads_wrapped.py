"""What routes read of instances that come through a decorator of the program, used on plain and on async functions."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

SERVICES = (
    HEAD
    + """
import asyncio
from functools import wraps

from pydantic import BaseModel, ConfigDict

LOG = []


def logged(log):
    def decorator(function):
        @wraps(function)
        async def waits(*args, **kwargs):
            log.append(function.__name__)
            result = await function(*args, **kwargs)
            return result

        @wraps(function)
        def plain(*args, **kwargs):
            log.append(function.__name__)
            result = function(*args, **kwargs)
            return result

        return waits if asyncio.iscoroutinefunction(function) else plain

    return decorator


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]


class Repository:
    def __init__(self, db: Session):
        self.db = db

    @logged(LOG)
    def every(self):
        return self.db.query(User).order_by(User.id).all()

    @logged(LOG)
    def one(self, key: int):
        return self.db.query(User).filter(User.id == key).first()


class Service:
    def __init__(self, repository: Repository):
        self.repository = repository

    @logged(LOG)
    def every(self):
        return self.repository.every()

    @logged(LOG)
    def one(self, key: int):
        return self.repository.one(key)

    @logged(LOG)
    def touch(self, key: int):
        found = self.repository.one(key)
        return found

    @logged(LOG)
    def count(self):
        return len(LOG)

    @logged(LOG)
    async def later(self, key: int):
        return key


def get_service(db: Session = Depends(get_db)):
    return Service(Repository(db))


@app.get("/", response_model=list[UserOut])
async def every(service: Service = Depends(get_service)):
    return service.every()


@app.get("/log")
def log(service: Service = Depends(get_service)):
    return [service.count(), *LOG]


@app.get("/later/{key}")
async def later(key: int, service: Service = Depends(get_service)):
    return await service.later(key)


@app.put("/{key}")
def touch(key: int, service: Service = Depends(get_service)):
    service.touch(key)


@app.get("/{key}", response_model=UserOut)
def one(key: int, service: Service = Depends(get_service)):
    return service.one(key)
"""
)


def test_a_decorator_that_asks_gives_what_a_plain_function_gave(tmp_path: Path) -> None:
    """Both wrappers of the decorator are there for each function; which one runs is decided by what it wraps."""
    requests = [("GET", "/"), ("GET", "/1"), ("PUT", "/1"), ("GET", "/later/1"), ("GET", "/log")]
    after = prove(tmp_path, SERVICES, requests)["main.py"]
    assert "resolved" not in after
    assert "service.count()" in after
    assert "await service.count()" not in after

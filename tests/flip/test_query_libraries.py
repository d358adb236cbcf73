"""Libraries that are given a legacy query and work with nothing else: they run it over the bridge."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_filters_of_sqlalchemy_filters(tmp_path: Path) -> None:
    """What gives the query back is followed, also where it stands beside something else."""
    app = (
        HEAD
        + """
from sqlalchemy_filters import apply_filters, apply_loads, apply_pagination, apply_sort


@app.get("/users")
def users(least: int = 0, db: Session = Depends(get_db)):
    query = apply_filters(db.query(User), [{"field": "age", "op": ">=", "value": least}])
    query = apply_sort(query, [{"field": "name", "direction": "desc"}])
    query, page = apply_pagination(query, page_number=1, page_size=2)
    return [[u.name for u in query], [u.age for u in query.all()], page.total_results, page.num_pages]


@app.get("/few")
def few(db: Session = Depends(get_db)):
    query = apply_loads(db.query(User), ["name"])
    return [query.count(), query.order_by(User.id).first().name]
"""
    )
    prove(tmp_path, app, [("GET", "/users"), ("GET", "/users?least=25"), ("GET", "/few")], codes=["query-escapes"])


def test_pages_that_count_and_fetch(tmp_path: Path) -> None:
    """sqlalchemy-pagination and paginate-sqlalchemy run the query before they return."""
    app = (
        HEAD
        + """
from paginate_sqlalchemy import SqlalchemyOrmPage
from sqlalchemy_pagination import paginate


@app.get("/function")
def function(page: int = 1, db: Session = Depends(get_db)):
    found = paginate(db.query(User).order_by(User.id), page, 2)
    return [[u.name for u in found.items], found.total, found.pages, found.has_next]


@app.get("/class")
def of_class(page: int = 1, db: Session = Depends(get_db)):
    query = db.query(User).order_by(User.id)
    found = SqlalchemyOrmPage(query, page=page, items_per_page=2)
    return [[u.name for u in found.items], found.item_count, found.page_count]
"""
    )
    urls = [("GET", f"/{route}?page={page}") for route in ("function", "class") for page in (1, 2)]
    prove(tmp_path, app, urls, codes=["query-escapes"])


def test_pages_by_key(tmp_path: Path) -> None:
    """get_page() of sqlakeyset gives entities where select_page() gives rows: the query stays."""
    app = (
        HEAD
        + """
from sqlakeyset import get_page


@app.get("/users")
def users(db: Session = Depends(get_db)):
    query = db.query(User).order_by(User.name, User.id)
    page = get_page(query, per_page=2)
    after = get_page(query, per_page=2, page=page.paging.next)
    return [[u.name for u in page], page.paging.has_next, [u.name for u in after]]
"""
    )
    prove(tmp_path, app, [("GET", "/users")], codes=["query-escapes"])

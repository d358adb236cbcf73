import pytest

from app.models import Category, Order, Product
from app.services.seeding import seed_catalogue, seed_people


@pytest.fixture()
def history(customer, staff, make_order):
    make_order(customer, "B-1", ["GR-1", "BR-1"], status="delivered")
    make_order(customer, "B-2", ["BR-1"])
    make_order(staff, "B-3", ["GR-2"], status="cancelled")


@pytest.mark.parametrize("name", ["summary", "sales", "regulars", "log"])
def test_reports_are_for_staff(client, as_customer, name):
    assert client.get(f"/reports/{name}", headers=as_customer).status_code == 403


def test_summary(client, history, as_staff):
    assert client.get("/reports/summary", headers=as_staff).json() == {
        "products": 3,
        "open_orders": 1,
        "revenue_cents": 8900 + 2 * 2400,
        "statuses": ["cancelled", "delivered", "placed"],
    }


def test_sales_by_category(client, history, as_staff):
    assert client.get("/reports/sales", headers=as_staff).json() == [
        {"category": "Brewers", "units": 2, "revenue_cents": 4800},
        {"category": "Grinders", "units": 1, "revenue_cents": 8900},
    ]


def test_regulars(client, history, as_staff):
    assert client.get("/reports/regulars", headers=as_staff).json() == [{"full_name": "Carl Customer", "orders": 2}]


def test_log(client, history, as_staff):
    lines = client.get("/reports/log", headers=as_staff).json()
    assert [(line["number"], line["customer"]) for line in lines] == [
        ("B-1", "Carl Customer"),
        ("B-2", "Carl Customer"),
        ("B-3", "Ines Staff"),
    ]


def test_housekeeping(client, db, history, as_staff):
    assert client.post("/reports/housekeeping", headers=as_staff).json() == {"retired": 1, "closed": 1}
    db.expire_all()
    assert db.query(Product).filter_by(sku="GR-2").one().is_active is False
    assert db.query(Order).filter(Order.number == "B-1").one().status == "closed"


def test_seeding_happens_once(db):
    assert seed_catalogue(db) == 4
    assert seed_catalogue(db) == 0
    assert db.query(Category).count() == 3
    assert [person.full_name for person in seed_people(db)] == ["Ines Staff", "Carl Customer"]
    assert seed_people(db) == []


def test_health(client):
    assert client.get("/health").json() == {"status": "ok", "shop": "Beanline"}

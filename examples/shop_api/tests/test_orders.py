import pytest

from app.errors import PaymentDeclined
from app.models import Order, OrderItem, OutboxMail, Product
from app.services import notifications, payments
from tests.conftest import TestingSessionLocal


def order_payload(*lines, card="tok_visa"):
    return {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines], "card_token": card}


def test_place_order(client, db, catalogue, customer, as_customer):
    response = client.post("/orders", json=order_payload(("GR-1", 2), ("BR-1", 1)), headers=as_customer)

    assert response.status_code == 201
    body = response.json()
    assert body["number"] == "B-00001"
    assert body["total_cents"] == 2 * 8900 + 2400
    assert body["user"] == {"id": customer.id, "full_name": "Carl Customer"}
    assert [item["product"]["name"] for item in body["items"]] == ["Hand grinder", "Dripper"]

    db.expire_all()
    assert db.query(Product).filter_by(sku="GR-1").one().stock == 3


def test_confirmation_is_queued_for_the_new_order(client, catalogue, as_customer, monkeypatch):
    queued = []
    monkeypatch.setattr(notifications, "queue_order_confirmation", queued.append)
    client.post("/orders", json=order_payload(("BR-1", 1)), headers=as_customer)
    assert queued == [1]


def test_confirmation_lands_in_the_outbox(db, customer, make_order, monkeypatch):
    monkeypatch.setattr(notifications, "SessionLocal", TestingSessionLocal)
    order = make_order(customer, "B-7", ["GR-1", "BR-1"])

    notifications.queue_order_confirmation(order.id)

    mail = db.query(OutboxMail).one()
    assert mail.recipient == "carl@example.test"
    assert mail.body == "1 x Hand grinder\n1 x Dripper"


@pytest.mark.parametrize(
    "lines, card, status_code",
    [
        ([("GR-2", 1)], "tok_visa", 409),  # sold out
        ([("BR-0", 1)], "tok_visa", 404),  # not for sale any more
        ([("GR-1", 1), ("NO-1", 1)], "tok_visa", 404),
        ([("GR-1", 1)], "bad_card", 402),
        ([], "tok_visa", 422),
    ],
)
def test_refused_orders_leave_nothing_behind(client, db, catalogue, as_customer, lines, card, status_code):
    response = client.post("/orders", json=order_payload(*lines, card=card), headers=as_customer)
    assert response.status_code == status_code
    assert db.query(Order).count() == 0
    assert db.query(OrderItem).count() == 0
    assert db.query(Product.stock).filter(Product.sku == "GR-1").scalar() == 5


def test_payment_gets_the_sum(client, catalogue, as_customer, monkeypatch):
    def fake_charge(card_token, amount_cents, reference):
        assert amount_cents == 3 * 2400
        raise PaymentDeclined("not today")

    monkeypatch.setattr(payments, "charge", fake_charge)
    response = client.post("/orders", json=order_payload(("BR-1", 3)), headers=as_customer)
    assert response.status_code == 402
    assert response.json() == {"detail": "not today"}


class TestOrderHistory:
    def test_my_orders_newest_first(self, client, customer, as_customer, make_order):
        make_order(customer, "B-1", ["GR-1"])
        make_order(customer, "B-2", ["GR-1", "BR-1"], status="shipped")
        assert client.get("/orders", headers=as_customer).json() == [
            {"number": "B-2", "status": "shipped", "total_cents": 11300},
            {"number": "B-1", "status": "placed", "total_cents": 8900},
        ]

    def test_filter_by_status(self, client, customer, as_customer, make_order):
        make_order(customer, "B-1", ["GR-1"])
        make_order(customer, "B-2", ["BR-1"], status="shipped")
        numbers = [order["number"] for order in client.get("/orders?status=shipped", headers=as_customer).json()]
        assert numbers == ["B-2"]

    def test_latest(self, client, customer, as_customer, make_order):
        assert client.get("/orders/latest", headers=as_customer).status_code == 404
        make_order(customer, "B-1", ["BR-1"])
        body = client.get("/orders/latest", headers=as_customer).json()
        assert body["items"][0]["product"] == {"sku": "BR-1", "name": "Dripper"}

    def test_orders_of_others_are_hidden(self, client, staff, as_customer, make_order):
        make_order(staff, "B-1", ["BR-1"])
        assert client.get("/orders/B-1", headers=as_customer).status_code == 404


def test_cancel_puts_goods_back(client, db, catalogue, customer, as_customer, make_order):
    order = make_order(customer, "B-1", ["GR-1", "BR-1"])

    response = client.post("/orders/B-1/cancel", headers=as_customer)

    assert response.json()["status"] == "cancelled"
    db.refresh(order)
    assert order.status == "cancelled"
    db.refresh(catalogue["GR-1"])
    assert catalogue["GR-1"].stock == 6


@pytest.mark.parametrize("start, target, allowed", [("placed", "shipped", True), ("delivered", "placed", False)])
def test_staff_moves_orders_along(client, customer, as_staff, make_order, start, target, allowed):
    make_order(customer, "B-1", ["GR-1"], status=start)
    response = client.post("/orders/B-1/status", json={"status": target}, headers=as_staff)
    assert response.status_code == (200 if allowed else 400)

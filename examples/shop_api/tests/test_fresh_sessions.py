"""The answers with nested objects, from sessions that know nothing yet.

`client` shares its session with the test, where most objects are loaded already. That has hidden bugs before.
"""

from app.models import Address, Order, Product, Review


def test_catalogue(cold_client, db, catalogue, customer):
    db.add(Review(product=catalogue["GR-1"], author=customer, rating=3))
    db.commit()

    items = cold_client.get("/products?category=grinders").json()["items"]
    assert [(item["category"]["slug"], item["tags"]) for item in items] == [
        ("grinders", [{"name": "home"}]),
        ("grinders", [{"name": "travel"}]),
    ]
    assert cold_client.get("/products/GR-1").json()["reviews"][0]["author"]["full_name"] == "Carl Customer"


def test_staff_changes_a_product(cold_client, catalogue, as_staff):
    body = cold_client.patch("/products/BR-1", json={"stock": 0, "tags": ["sale"]}, headers=as_staff).json()
    assert body["in_stock"] is False
    assert body["tags"] == [{"name": "sale"}]
    assert body["category"]["name"] == "Brewers"
    assert body["average_rating"] is None


def test_orders(cold_client, catalogue, as_customer):
    order = {"lines": [{"sku": "GR-1", "quantity": 1}, {"sku": "BR-1", "quantity": 2}], "card_token": "tok_visa"}
    placed = cold_client.post("/orders", json=order, headers=as_customer)
    assert placed.status_code == 201
    assert [item["product"]["sku"] for item in placed.json()["items"]] == ["GR-1", "BR-1"]

    assert cold_client.get("/orders/latest", headers=as_customer).json() == placed.json()
    assert cold_client.get("/orders/B-00001", headers=as_customer).json() == placed.json()
    assert cold_client.get("/orders", headers=as_customer).json()[0]["total_cents"] == 13700

    cancelled = cold_client.post("/orders/B-00001/cancel", headers=as_customer).json()
    assert cancelled["status"] == "cancelled"
    assert cancelled["items"] == placed.json()["items"]


def test_cancelling_restocks(cold_client, db, customer, as_customer, make_order):
    make_order(customer, "B-1", ["GR-1"])
    cold_client.post("/orders/B-1/cancel", headers=as_customer)
    assert db.query(Product.stock).filter(Product.sku == "GR-1").scalar() == 6
    assert db.query(Order.status).filter(Order.number == "B-1").scalar() == "cancelled"


def test_me(cold_client, db, customer, as_customer):
    db.add(Address(user=customer, street="Dock 1", city="Leith"))
    db.commit()
    response = cold_client.post("/me/addresses", json={"street": "Quay 2", "city": "Leith"}, headers=as_customer)
    assert [address["street"] for address in response.json()["addresses"]] == ["Dock 1", "Quay 2"]
    assert cold_client.get("/me", headers=as_customer).json() == response.json()


def test_review(cold_client, catalogue, as_customer):
    response = cold_client.put("/products/GR-1/review", json={"rating": 4}, headers=as_customer)
    assert response.json()["author"]["full_name"] == "Carl Customer"

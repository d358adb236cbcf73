from app.models import Address, User
from app.repositories import UserRepository
from app.routers import users


def test_register(client, db, monkeypatch):
    monkeypatch.setattr(users, "new_token", lambda: "fixed")
    response = client.post("/users", json={"email": "Eve@Example.test", "full_name": "Eve"})
    assert response.status_code == 201
    assert response.json() == {"id": 1, "full_name": "Eve", "email": "eve@example.test", "api_token": "fixed"}
    assert db.get(User, 1).is_active is True


def test_register_twice(client, customer):
    response = client.post("/users", json={"email": customer.email, "full_name": "Carl again"})
    assert response.status_code == 400


def test_me_needs_a_known_token(client, customer):
    assert client.get("/me").status_code == 401
    assert client.get("/me", headers={"X-API-Token": "nope"}).json() == {"detail": "unknown token"}


def test_blocked_users_are_unknown(client, db, customer, as_customer):
    customer.is_active = False
    db.commit()
    assert client.get("/me", headers=as_customer).status_code == 401


def test_me_shows_addresses(client, db, customer, as_customer):
    db.add(Address(user_id=customer.id, street="Kiln Lane 3", city="Leith"))
    db.commit()
    body = client.get("/me", headers=as_customer).json()
    assert body["addresses"] == [{"id": 1, "street": "Kiln Lane 3", "city": "Leith"}]


def test_add_address(client, as_customer):
    client.post("/me/addresses", json={"street": "Kiln Lane 3", "city": "Leith"}, headers=as_customer)
    response = client.post("/me/addresses", json={"street": "Dock 1", "city": "Leith"}, headers=as_customer)
    assert [address["street"] for address in response.json()["addresses"]] == ["Kiln Lane 3", "Dock 1"]


def test_staff_lists_users(client, customer, as_staff):
    body = client.get("/users?limit=1&offset=1", headers=as_staff).json()
    assert body["total"] == 2
    assert [user["full_name"] for user in body["items"]] == ["Ines Staff"]


def test_repository_basics(db, customer):
    repository = UserRepository(db)
    assert repository.get(customer.id) is customer
    assert repository.exists(email="carl@example.test")
    assert not repository.exists(email="nobody@example.test")
    repository.delete(customer)
    assert repository.count() == 0

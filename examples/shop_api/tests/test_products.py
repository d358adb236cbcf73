import pytest

from app.models import Product, Review, Tag


def test_list_has_category_and_tags(client, catalogue):
    response = client.get("/products")
    assert response.status_code == 200
    body = response.json()
    assert body["total"] == 3
    assert [item["sku"] for item in body["items"]] == ["GR-2", "BR-1", "GR-1"]
    dripper = body["items"][1]
    assert dripper["category"] == {"slug": "brewers", "name": "Brewers"}
    assert dripper["tags"] == [{"name": "home"}, {"name": "travel"}]


@pytest.mark.parametrize(
    "query, skus",
    [
        ("q=grinder", ["GR-2", "GR-1"]),
        ("category=brewers", ["BR-1"]),
        ("tag=home&tag=travel", ["GR-2", "BR-1", "GR-1"]),
        ("tag=travel&sort=price", ["BR-1", "GR-1"]),
        ("max_price_cents=9000&sort=newest", ["BR-1", "GR-1"]),
        ("limit=1&offset=1", ["BR-1"]),
        ("q=kettle", []),
    ],
)
def test_search(client, catalogue, query, skus):
    response = client.get(f"/products?{query}")
    assert [item["sku"] for item in response.json()["items"]] == skus


def test_product_detail_with_reviews(client, db, catalogue, customer):
    db.add(Review(product_id=catalogue["BR-1"].id, author_id=customer.id, rating=4, body="Drips well"))
    db.commit()

    body = client.get("/products/BR-1").json()

    assert body["average_rating"] == 4.0
    assert body["reviews"] == [
        {"id": 1, "rating": 4, "body": "Drips well", "author": {"id": customer.id, "full_name": "Carl Customer"}}
    ]


def test_unknown_product(client, catalogue):
    response = client.get("/products/XX-9")
    assert response.status_code == 404
    assert response.json() == {"detail": "no product XX-9"}


def test_price_range(client, catalogue):
    assert client.get("/products/price-range").json() == {"lowest_cents": 2400, "highest_cents": 41900}


def test_price_range_of_nothing(client):
    assert client.get("/products/price-range").status_code == 404


def test_skus_in_stock(client, catalogue):
    assert client.get("/products/skus").json() == ["BR-0", "BR-1", "GR-1"]


def test_categories_with_counts(client, catalogue):
    assert client.get("/categories").json() == [
        {"slug": "brewers", "name": "Brewers", "products": 1},
        {"slug": "grinders", "name": "Grinders", "products": 2},
    ]
    assert [c["slug"] for c in client.get("/categories?at_least=2").json()] == ["grinders"]


def test_bought_together(client, customer, catalogue, make_order):
    make_order(customer, "B-1", ["GR-1", "BR-1"])
    make_order(customer, "B-2", ["GR-2"])
    assert client.get("/products/GR-1/bought-together").json() == [{"sku": "BR-1", "name": "Dripper"}]


class TestStaffEditsCatalogue:
    new = {"sku": "GR-9", "name": "Drill grinder", "price_cents": 500, "category": "grinders", "tags": ["home", "odd"]}

    def test_create(self, client, db, catalogue, as_staff):
        response = client.post("/products", json=self.new, headers=as_staff)
        assert response.status_code == 201
        body = response.json()
        assert body["category"]["name"] == "Grinders"
        assert sorted(tag["name"] for tag in body["tags"]) == ["home", "odd"]
        assert body["reviews"] == []
        # "home" was there before
        assert db.query(Tag).count() == 3

    def test_create_twice(self, client, catalogue, as_staff):
        response = client.post("/products", json={**self.new, "sku": "GR-1"}, headers=as_staff)
        assert response.status_code == 400
        assert response.json()["detail"] == "sku GR-1 is taken"

    def test_update_price_and_tags(self, client, db, catalogue, as_staff):
        response = client.patch("/products/GR-1", json={"price_cents": 7900, "tags": ["sale"]}, headers=as_staff)
        assert response.status_code == 200
        assert response.json()["tags"] == [{"name": "sale"}]

        product = db.query(Product).filter(Product.sku == "GR-1").one()
        db.refresh(product)
        assert product.price_cents == 7900
        assert [tag.name for tag in product.tags] == ["sale"]

    def test_delete(self, client, db, catalogue, as_staff):
        assert client.delete("/products/BR-1", headers=as_staff).status_code == 204
        assert db.query(Product).filter_by(sku="BR-1").first() is None

    def test_delete_keeps_what_was_sold(self, client, db, catalogue, as_staff, customer, make_order):
        make_order(customer, "B-1", ["BR-1"])
        assert client.delete("/products/BR-1", headers=as_staff).status_code == 204
        assert db.query(Product.is_active).filter_by(sku="BR-1").scalar() is False

    def test_customers_may_not(self, client, catalogue, as_customer):
        assert client.post("/products", json=self.new, headers=as_customer).status_code == 403


def test_review_is_written_once_and_then_changed(client, db, catalogue, customer, as_customer):
    first = client.put("/products/BR-1/review", json={"rating": 2}, headers=as_customer)
    second = client.put("/products/BR-1/review", json={"rating": 5, "body": "It grew on me"}, headers=as_customer)
    assert first.json()["id"] == second.json()["id"]
    assert second.json()["author"]["full_name"] == "Carl Customer"
    assert db.query(Review).count() == 1


def test_drop_bad_reviews(client, db, catalogue, customer, staff, as_staff):
    for author, rating in [(customer, 1), (staff, 5)]:
        db.add(Review(product=catalogue["GR-1"], author=author, rating=rating))
    db.commit()
    assert client.delete("/products/GR-1/reviews?below=3", headers=as_staff).json() == {"deleted": 1}
    assert [review.rating for review in db.query(Review)] == [5]

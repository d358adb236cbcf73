import os

# before the app is imported: it creates its tables at import, and that must not be the developer's database
os.environ["DATABASE_URL"] = "sqlite:///./test_shop.db"

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from app.db import Base, get_db
from app.main import app
from app.models import Category, Order, OrderItem, Product, Tag, User

engine = create_engine(
    "sqlite://",
    connect_args={"check_same_thread": False},
    poolclass=StaticPool,
)
TestingSessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)


@pytest.fixture()
def db():
    Base.metadata.create_all(bind=engine)
    session = TestingSessionLocal()
    try:
        yield session
    finally:
        session.close()
        Base.metadata.drop_all(bind=engine)


@pytest.fixture()
def client(db):
    def override_get_db():
        yield db

    app.dependency_overrides[get_db] = override_get_db
    with TestClient(app) as test_client:
        yield test_client
    app.dependency_overrides.clear()


@pytest.fixture()
def cold_client(db):
    """Each request gets a session of its own, as in production: nothing is loaded before it starts."""

    def override_get_db():
        session = TestingSessionLocal()
        try:
            yield session
        finally:
            session.close()

    app.dependency_overrides[get_db] = override_get_db
    with TestClient(app) as test_client:
        yield test_client
    app.dependency_overrides.clear()


@pytest.fixture()
def customer(db):
    user = User(email="carl@example.test", full_name="Carl Customer", api_token="carl-token")
    db.add(user)
    db.commit()
    db.refresh(user)
    return user


@pytest.fixture()
def staff(db):
    user = User(email="ines@beanline.test", full_name="Ines Staff", api_token="staff-token", is_staff=True)
    db.add(user)
    db.commit()
    return user


@pytest.fixture()
def as_customer(customer):
    return {"X-API-Token": customer.api_token}


@pytest.fixture()
def as_staff(staff):
    return {"X-API-Token": staff.api_token}


@pytest.fixture()
def catalogue(db):
    """Two categories, three products that are for sale and one that is not."""
    grinders = Category(slug="grinders", name="Grinders")
    brewers = Category(slug="brewers", name="Brewers")
    travel, home = Tag(name="travel"), Tag(name="home")
    products = [
        Product(sku="GR-1", name="Hand grinder", price_cents=8900, stock=5, category=grinders, tags=[travel]),
        Product(sku="GR-2", name="Burr grinder", price_cents=41900, stock=0, category=grinders, tags=[home]),
        Product(sku="BR-1", name="Dripper", price_cents=2400, stock=9, category=brewers, tags=[home, travel]),
        Product(sku="BR-0", name="Old dripper", price_cents=900, stock=1, category=brewers, is_active=False),
    ]
    db.add_all(products)
    db.commit()
    return {product.sku: product for product in products}


@pytest.fixture()
def make_order(db, catalogue):
    def make(user, number, skus, status="placed"):
        order = Order(number=number, user=user, status=status)
        for sku in skus:
            product = catalogue[sku]
            order.items.append(OrderItem(product=product, quantity=1, unit_price_cents=product.price_cents))
        db.add(order)
        db.commit()
        return order

    return make

from sqlalchemy.orm import Session

from app.models import Category, Product, Tag, User

CATEGORIES = [("grinders", "Grinders"), ("brewers", "Brewers"), ("beans", "Beans")]

PRODUCTS = [
    # sku, name, price, stock, category, tags
    ("GR-100", "Hand grinder Mira", 8900, 12, "grinders", ["travel"]),
    ("GR-300", "Flat burr grinder Otto", 41900, 3, "grinders", ["home"]),
    ("BR-010", "Dripper, size 02", 2400, 40, "brewers", ["home", "travel"]),
    ("BE-001", "House blend, 500 g", 1450, 80, "beans", []),
]


def seed_catalogue(db: Session) -> int:
    """Fill an empty catalogue. Returns the number of products that were added."""
    if db.query(Category).first() is not None:
        return 0

    categories = {slug: Category(slug=slug, name=name) for slug, name in CATEGORIES}
    tags = {name: Tag(name=name) for name in ("home", "travel")}
    db.add_all(categories.values())
    for sku, name, price, stock, category, tag_names in PRODUCTS:
        product = Product(sku=sku, name=name, price_cents=price, stock=stock, category=categories[category])
        product.tags = [tags[tag_name] for tag_name in tag_names]
        db.add(product)
    db.commit()
    return len(PRODUCTS)


def seed_people(db: Session) -> list[User]:
    if db.query(User).count():
        return []
    people = [
        User(email="ines@beanline.test", full_name="Ines Staff", api_token="staff-token", is_staff=True),
        User(email="carl@example.test", full_name="Carl Customer", api_token="carl-token"),
    ]
    db.add_all(people)
    db.commit()
    for person in people:
        db.refresh(person)
    return people

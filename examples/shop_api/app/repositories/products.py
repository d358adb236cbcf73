from sqlalchemy import func, or_
from sqlalchemy.orm import Session, joinedload, selectinload

from app.models import Category, OrderItem, Product, Review, Tag
from app.repositories.base import BaseRepository

SORT_COLUMNS = {
    "name": Product.name,
    "price": Product.price_cents,
    "newest": Product.id.desc(),
}


class CategoryRepository(BaseRepository[Category]):
    def __init__(self, db: Session):
        super().__init__(Category, db)

    def by_slug(self, slug: str) -> Category | None:
        return self.db.query(Category).filter(Category.slug == slug).first()

    def with_counts(self, at_least: int = 0):
        """Rows of (category, number of active products)."""
        query = (
            self.db.query(Category, func.count(Product.id).label("products"))
            .outerjoin(Product, (Product.category_id == Category.id) & Product.is_active.is_(True))
            .group_by(Category.id)
            .order_by(Category.name)
        )
        if at_least:
            query = query.having(func.count(Product.id) >= at_least)
        return query.all()


class ProductRepository(BaseRepository[Product]):
    def __init__(self, db: Session):
        super().__init__(Product, db)

    def by_sku(self, sku: str) -> Product | None:
        return self.db.query(self.model).filter_by(sku=sku).one_or_none()

    def detail(self, sku: str) -> Product | None:
        return (
            self.db.query(Product)
            .options(joinedload(Product.category), selectinload(Product.tags))
            .filter(Product.sku == sku)
            .first()
        )

    def search(
        self,
        text: str | None = None,
        category: str | None = None,
        tags: list[str] | None = None,
        max_price_cents: int | None = None,
        sort: str = "name",
        limit: int = 20,
        offset: int = 0,
    ) -> tuple[list[Product], int]:
        query = self.db.query(Product).filter(Product.is_active.is_(True))
        if text:
            pattern = f"%{text}%"
            query = query.filter(or_(Product.name.ilike(pattern), Product.description.ilike(pattern)))
        if category:
            query = query.join(Product.category).filter(Category.slug == category)
        if tags:
            # a product with two of the tags must not be counted twice
            query = query.join(Product.tags).filter(Tag.name.in_(tags)).distinct()
        if max_price_cents is not None:
            query = query.filter(Product.price_cents <= max_price_cents)

        total = query.count()
        products = query.order_by(SORT_COLUMNS[sort], Product.id).limit(limit).offset(offset).all()
        return products, total

    def price_range(self) -> tuple[int, int] | None:
        lowest, highest = (
            self.db.query(func.min(Product.price_cents), func.max(Product.price_cents))
            .filter(Product.is_active.is_(True))
            .one()
        )
        if lowest is None:
            return None
        return lowest, highest

    def skus_in_stock(self) -> list[str]:
        skus = []
        for product in self.db.query(Product).filter(Product.stock > 0).order_by(Product.sku):
            skus.append(product.sku)
        return skus

    def bought_together(self, product: Product, limit: int = 3) -> list[Product]:
        orders = self.db.query(OrderItem.order_id).filter(OrderItem.product_id == product.id)
        return (
            self.db.query(Product)
            .join(OrderItem, OrderItem.product_id == Product.id)
            .filter(OrderItem.order_id.in_(orders), Product.id != product.id)
            .group_by(Product.id)
            .order_by(func.count(OrderItem.id).desc(), Product.id)
            .limit(limit)
            .all()
        )

    def was_sold(self, product_id: int) -> bool:
        return self.db.query(OrderItem).filter_by(product_id=product_id).count() > 0

    def retire_sold_out(self) -> int:
        """Take everything that is sold out from the shop window; the number of products."""
        changed = (
            self.db.query(Product)
            .filter(Product.stock == 0, Product.is_active.is_(True))
            .update({Product.is_active: False}, synchronize_session=False)
        )
        self.db.commit()
        return changed

    def tags_named(self, names: list[str]) -> list[Tag]:
        """The tags of these names, created where they are new."""
        found = self.db.query(Tag).filter(Tag.name.in_(names)).all()
        known = {tag.name for tag in found}
        for name in names:
            if name not in known:
                tag = Tag(name=name)
                self.db.add(tag)
                found.append(tag)
                known.add(name)
        return found

    def review_by(self, product_id: int, author_id: int) -> Review | None:
        return self.db.query(Review).filter_by(product_id=product_id, author_id=author_id).first()

    def delete_reviews_below(self, product_id: int, rating: int) -> int:
        deleted = (
            self.db.query(Review)
            .filter(Review.product_id == product_id, Review.rating < rating)
            .delete(synchronize_session=False)
        )
        self.db.commit()
        return deleted

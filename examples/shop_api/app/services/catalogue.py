from sqlalchemy.orm import Session

from app.errors import NotFound, ShopError
from app.models import Product, Review, User
from app.repositories import CategoryRepository, ProductRepository
from app.schemas import ProductCreate, ProductUpdate, ReviewIn


class CatalogueService:
    def __init__(self, db: Session):
        self.db = db
        self.products = ProductRepository(db)
        self.categories = CategoryRepository(db)

    def get_product(self, sku: str) -> Product:
        product = self.products.detail(sku)
        if product is None:
            raise NotFound(f"no product {sku}")
        return product

    def add_product(self, data: ProductCreate) -> Product:
        category = self.categories.by_slug(data.category)
        if category is None:
            raise ShopError(f"unknown category {data.category}")
        if self.products.exists(sku=data.sku):
            raise ShopError(f"sku {data.sku} is taken")
        values = data.model_dump(exclude={"category", "tags"})
        return self.products.create(category=category, tags=self.products.tags_named(data.tags), **values)

    def change_product(self, sku: str, data: ProductUpdate) -> Product:
        product = self.get_product(sku)
        values = data.model_dump(exclude_unset=True)
        if "tags" in values:
            values["tags"] = self.products.tags_named(values["tags"] or [])
        return self.products.update(product, values)

    def remove_product(self, sku: str) -> None:
        product = self.get_product(sku)
        if self.products.was_sold(product.id):
            # old orders still point at it
            self.products.update(product, {"is_active": False})
        else:
            self.products.delete(product)

    def review_product(self, sku: str, author: User, data: ReviewIn) -> Review:
        product = self.get_product(sku)
        review = self.products.review_by(product.id, author.id)
        if review is None:
            review = Review(product_id=product.id, author_id=author.id)
            self.db.add(review)
        review.rating = data.rating
        review.body = data.body
        self.db.commit()
        self.db.refresh(review)
        return review

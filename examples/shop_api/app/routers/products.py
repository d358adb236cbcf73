from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Response, status

from app.deps import CurrentUser, DbSession, Pagination, get_staff_user
from app.models import Product
from app.repositories import CategoryRepository, ProductRepository
from app.schemas import (
    CategoryCount,
    Page,
    PriceRange,
    ProductBrief,
    ProductCreate,
    ProductDetail,
    ProductOut,
    ProductUpdate,
    ReviewIn,
    ReviewOut,
)
from app.services.catalogue import CatalogueService

router = APIRouter(tags=["catalogue"])


@router.get("/products", response_model=Page[ProductOut])
def list_products(
    db: DbSession,
    page: Annotated[Pagination, Depends()],
    q: str | None = None,
    category: str | None = None,
    tag: Annotated[list[str] | None, Query()] = None,
    max_price_cents: int | None = None,
    sort: Literal["name", "price", "newest"] = "name",
):
    products, total = ProductRepository(db).search(
        text=q,
        category=category,
        tags=tag,
        max_price_cents=max_price_cents,
        sort=sort,
        limit=page.limit,
        offset=page.offset,
    )
    return {"items": products, "total": total, "limit": page.limit, "offset": page.offset}


@router.get("/products/skus")
def list_skus(db: DbSession) -> list[str]:
    return ProductRepository(db).skus_in_stock()


@router.get("/products/price-range", response_model=PriceRange)
def show_price_range(db: DbSession):
    found = ProductRepository(db).price_range()
    if found is None:
        raise HTTPException(status_code=404, detail="the catalogue is empty")
    return PriceRange(lowest_cents=found[0], highest_cents=found[1])


@router.get("/products/{sku}", response_model=ProductDetail)
def show_product(sku: str, db: DbSession):
    return CatalogueService(db).get_product(sku)


@router.get("/products/{sku}/bought-together", response_model=list[ProductBrief])
def show_bought_together(sku: str, db: DbSession):
    product = CatalogueService(db).get_product(sku)
    return ProductRepository(db).bought_together(product)


@router.post(
    "/products",
    response_model=ProductDetail,
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(get_staff_user)],
)
def create_product(data: ProductCreate, db: DbSession) -> Product:
    return CatalogueService(db).add_product(data)


@router.patch("/products/{sku}", response_model=ProductDetail, dependencies=[Depends(get_staff_user)])
def update_product(sku: str, data: ProductUpdate, db: DbSession):
    return CatalogueService(db).change_product(sku, data)


@router.delete("/products/{sku}", status_code=204, dependencies=[Depends(get_staff_user)])
def delete_product(sku: str, db: DbSession):
    CatalogueService(db).remove_product(sku)
    return Response(status_code=204)


@router.put("/products/{sku}/review", response_model=ReviewOut)
def write_review(sku: str, data: ReviewIn, db: DbSession, user: CurrentUser):
    return CatalogueService(db).review_product(sku, user, data)


@router.delete("/products/{sku}/reviews", dependencies=[Depends(get_staff_user)])
def drop_bad_reviews(sku: str, below: int, db: DbSession):
    product = CatalogueService(db).get_product(sku)
    return {"deleted": ProductRepository(db).delete_reviews_below(product.id, below)}


@router.get("/categories", response_model=list[CategoryCount])
def list_categories(db: DbSession, at_least: int = 0):
    return [
        CategoryCount(slug=category.slug, name=category.name, products=products)
        for category, products in CategoryRepository(db).with_counts(at_least)
    ]

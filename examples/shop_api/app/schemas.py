from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class ORMModel(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int
    limit: int
    offset: int


# --- people -----------------------------------------------------------------------------------------


class AddressIn(BaseModel):
    street: str
    city: str


class AddressOut(ORMModel):
    id: int
    street: str
    city: str


class UserCreate(BaseModel):
    email: str = Field(pattern=r"^\S+@\S+$")
    full_name: str = Field(min_length=1)


class UserBrief(ORMModel):
    id: int
    full_name: str


class UserOut(UserBrief):
    email: str
    is_staff: bool
    addresses: list[AddressOut]


class UserCreated(UserBrief):
    email: str
    api_token: str


# --- catalogue --------------------------------------------------------------------------------------


class CategoryOut(ORMModel):
    slug: str
    name: str


class TagOut(ORMModel):
    name: str


class ReviewIn(BaseModel):
    rating: int = Field(ge=1, le=5)
    body: str = ""


class ReviewOut(ORMModel):
    id: int
    rating: int
    body: str
    author: UserBrief


class ProductCreate(BaseModel):
    sku: str = Field(min_length=3, max_length=30)
    name: str
    description: str = ""
    price_cents: int = Field(gt=0)
    stock: int = Field(default=0, ge=0)
    category: str
    tags: list[str] = []


class ProductUpdate(BaseModel):
    name: str | None = None
    description: str | None = None
    price_cents: int | None = Field(default=None, gt=0)
    stock: int | None = Field(default=None, ge=0)
    tags: list[str] | None = None


class ProductBrief(ORMModel):
    sku: str
    name: str


class ProductOut(ProductBrief):
    id: int
    price_cents: int
    in_stock: bool
    category: CategoryOut
    tags: list[TagOut]


class ProductDetail(ProductOut):
    description: str
    stock: int
    average_rating: float | None
    reviews: list[ReviewOut]
    updated_at: datetime


class CategoryCount(BaseModel):
    slug: str
    name: str
    products: int


class PriceRange(BaseModel):
    lowest_cents: int
    highest_cents: int


# --- orders -----------------------------------------------------------------------------------------


class OrderLineIn(BaseModel):
    sku: str
    quantity: int = Field(gt=0)


class OrderCreate(BaseModel):
    lines: list[OrderLineIn] = Field(min_length=1)
    card_token: str


class OrderItemOut(ORMModel):
    quantity: int
    unit_price_cents: int
    line_total_cents: int
    product: ProductBrief


class OrderSummary(ORMModel):
    number: str
    status: str
    total_cents: int


class OrderOut(OrderSummary):
    user: UserBrief
    items: list[OrderItemOut]
    created_at: datetime
    updated_at: datetime


class StatusChange(BaseModel):
    status: str


# --- reports ----------------------------------------------------------------------------------------


class CategorySales(BaseModel):
    category: str
    units: int
    revenue_cents: int


class CustomerRank(BaseModel):
    full_name: str
    orders: int


class OrderLogLine(BaseModel):
    number: str
    status: str
    customer: str

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.db import get_db
from app.deps import get_staff_user
from app.models import Order, Product
from app.repositories import OrderRepository, ProductRepository
from app.schemas import CategorySales, CustomerRank, OrderLogLine

router = APIRouter(prefix="/reports", tags=["reports"], dependencies=[Depends(get_staff_user)])


@router.get("/summary")
def summary(db: Session = Depends(get_db)):
    orders = OrderRepository(db)
    return {
        "products": db.query(Product).filter(Product.is_active.is_(True)).count(),
        "open_orders": db.query(Order).filter(Order.status.in_(["placed", "shipped"])).count(),
        "revenue_cents": orders.revenue_cents(),
        "statuses": orders.statuses_in_use(),
    }


@router.get("/sales", response_model=list[CategorySales])
def sales(db: Session = Depends(get_db)):
    return [
        CategorySales(category=name, units=units, revenue_cents=revenue)
        for name, units, revenue in OrderRepository(db).sales_by_category()
    ]


@router.get("/regulars", response_model=list[CustomerRank])
def regulars(at_least: int = 2, db: Session = Depends(get_db)):
    rows = OrderRepository(db).regulars(at_least)
    return [{"full_name": row.full_name, "orders": row.orders} for row in rows]


@router.get("/log", response_model=list[OrderLogLine])
def order_log(db: Session = Depends(get_db)):
    lines = []
    for order, user in OrderRepository(db).log():
        lines.append(OrderLogLine(number=order.number, status=order.status, customer=user.full_name))
    return lines


@router.post("/housekeeping")
def housekeeping(db: Session = Depends(get_db)):
    return {
        "retired": ProductRepository(db).retire_sold_out(),
        "closed": OrderRepository(db).close_delivered(),
    }

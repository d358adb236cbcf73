from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException
from sqlalchemy.orm import Session

from app.db import get_db
from app.deps import get_current_user, get_staff_user
from app.models import User
from app.repositories import OrderRepository
from app.schemas import OrderCreate, OrderOut, OrderSummary, StatusChange
from app.services import notifications
from app.services.orders import OrderService

router = APIRouter(prefix="/orders", tags=["orders"])


def get_order_service(db: Session = Depends(get_db)) -> OrderService:
    return OrderService(db)


@router.post("", response_model=OrderOut, status_code=201)
def place_order(
    data: OrderCreate,
    background: BackgroundTasks,
    user: User = Depends(get_current_user),
    service: OrderService = Depends(get_order_service),
):
    order = service.place(user, data.lines, data.card_token)
    background.add_task(notifications.queue_order_confirmation, order.id)
    return order


@router.get("", response_model=list[OrderSummary])
def list_my_orders(
    status: str | None = None,
    db: Session = Depends(get_db),
    user: User = Depends(get_current_user),
):
    return OrderRepository(db).for_user(user.id, status)


@router.get("/latest", response_model=OrderOut)
def show_latest(db: Session = Depends(get_db), user: User = Depends(get_current_user)):
    order = OrderRepository(db).latest(user.id)
    if not order:
        raise HTTPException(status_code=404, detail="no orders yet")
    return order


@router.get("/{number}", response_model=OrderOut)
def show_order(
    number: str,
    user: User = Depends(get_current_user),
    service: OrderService = Depends(get_order_service),
):
    return service.get_order(number, user)


@router.post("/{number}/cancel", response_model=OrderOut)
def cancel_order(
    number: str,
    user: User = Depends(get_current_user),
    service: OrderService = Depends(get_order_service),
):
    return service.change_status(service.get_order(number, user), "cancelled")


@router.post("/{number}/status", response_model=OrderOut)
def set_status(
    number: str,
    change: StatusChange,
    staff: User = Depends(get_staff_user),
    service: OrderService = Depends(get_order_service),
):
    order = service.get_order(number, staff)
    return service.change_status(order, change.status)

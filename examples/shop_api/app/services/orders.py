import logging

from sqlalchemy.orm import Session

from app.errors import NotFound, OutOfStock, PaymentDeclined, ShopError
from app.models import Order, OrderItem, User
from app.repositories import OrderRepository, ProductRepository
from app.schemas import OrderLineIn
from app.services import payments

logger = logging.getLogger(__name__)

TRANSITIONS = {
    "placed": {"shipped", "cancelled"},
    "shipped": {"delivered"},
    "delivered": set(),
    "cancelled": set(),
}


class OrderService:
    def __init__(self, db: Session):
        self.db = db
        self.orders = OrderRepository(db)
        self.products = ProductRepository(db)

    def get_order(self, number: str, user: User) -> Order:
        order = self.orders.by_number(number)
        # other people's orders do not exist, as far as you can tell
        if order is None or (order.user_id != user.id and not user.is_staff):
            raise NotFound(f"no order {number}")
        return order

    def place(self, user: User, lines: list[OrderLineIn], card_token: str) -> Order:
        order = Order(number=self.orders.next_number(), user_id=user.id)
        self.db.add(order)
        self.db.flush()

        amount = 0
        for line in lines:
            product = self.products.by_sku(line.sku)
            if product is None or not product.is_active:
                self.db.rollback()
                raise NotFound(f"no product {line.sku}")
            if product.stock < line.quantity:
                self.db.rollback()
                raise OutOfStock(f"not enough of {line.sku}")
            product.stock -= line.quantity
            amount += line.quantity * product.price_cents
            self.db.add(
                OrderItem(
                    order_id=order.id,
                    product_id=product.id,
                    quantity=line.quantity,
                    unit_price_cents=product.price_cents,
                )
            )

        try:
            order.payment_reference = payments.charge(card_token, amount, order.number)
        except PaymentDeclined:
            self.db.rollback()
            logger.info("payment of %s cents declined", amount)
            raise
        self.db.commit()
        self.db.refresh(order)
        return order

    def change_status(self, order: Order, status: str) -> Order:
        if status not in TRANSITIONS.get(order.status, set()):
            raise ShopError(f"an order that is {order.status} cannot become {status}")
        if status == "cancelled":
            self._restock(order)
        order.status = status
        self.db.commit()
        return order

    def _restock(self, order: Order) -> None:
        for item in order.items:
            item.product.stock += item.quantity

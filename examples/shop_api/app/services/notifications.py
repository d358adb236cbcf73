import logging

from app.config import settings
from app.db import SessionLocal
from app.models import Order, OutboxMail

logger = logging.getLogger(__name__)


def queue_order_confirmation(order_id: int) -> None:
    """Runs after the answer was sent, so it needs a session of its own."""
    with SessionLocal() as db:
        order = db.get(Order, order_id)
        if order is None:
            logger.warning("order %s vanished before its confirmation", order_id)
            return
        db.add(confirmation_for(order))
        db.commit()


def confirmation_for(order: Order) -> OutboxMail:
    lines = [f"{item.quantity} x {item.product.name}" for item in order.items]
    return OutboxMail(
        recipient=order.user.email,
        subject=f"{settings.shop_name}: your order {order.number}",
        body="\n".join(lines),
    )

from sqlalchemy import func
from sqlalchemy.orm import Session, joinedload

from app.models import Category, Order, OrderItem, Product, User
from app.repositories.base import BaseRepository


class OrderRepository(BaseRepository[Order]):
    def __init__(self, db: Session):
        super().__init__(Order, db)

    def next_number(self) -> str:
        highest = self.db.query(func.max(Order.id)).scalar() or 0
        return f"B-{highest + 1:05d}"

    def by_number(self, number: str) -> Order | None:
        return self.db.query(Order).filter(Order.number == number).one_or_none()

    def for_user(self, user_id: int, status: str | None = None) -> list[Order]:
        query = self.db.query(Order).options(joinedload(Order.items)).filter(Order.user_id == user_id)
        if status:
            query = query.filter_by(status=status)
        return query.order_by(Order.id.desc()).all()

    def latest(self, user_id: int) -> Order | None:
        return self.db.query(Order).filter_by(user_id=user_id).order_by(Order.id.desc()).first()

    def revenue_cents(self) -> int:
        total = (
            self.db.query(func.sum(OrderItem.quantity * OrderItem.unit_price_cents))
            .join(OrderItem.order)
            .filter(Order.status != "cancelled")
            .scalar()
        )
        return total or 0

    def sales_by_category(self):
        return (
            self.db.query(
                Category.name,
                func.sum(OrderItem.quantity),
                func.sum(OrderItem.quantity * OrderItem.unit_price_cents),
            )
            .select_from(OrderItem)
            .join(Product, Product.id == OrderItem.product_id)
            .join(Category, Category.id == Product.category_id)
            .join(Order, Order.id == OrderItem.order_id)
            .filter(Order.status != "cancelled")
            .group_by(Category.name)
            .order_by(Category.name)
            .all()
        )

    def regulars(self, at_least: int):
        """Customers with this many orders or more, the best first."""
        return (
            self.db.query(User.full_name, func.count(Order.id).label("orders"))
            .join(Order, Order.user_id == User.id)
            .group_by(User.id)
            .having(func.count(Order.id) >= at_least)
            .order_by(func.count(Order.id).desc(), User.full_name)
            .all()
        )

    def log(self, limit: int = 20):
        return self.db.query(Order, User).join(User, Order.user_id == User.id).order_by(Order.id).limit(limit).all()

    def statuses_in_use(self) -> list[str]:
        rows = self.db.query(Order.status).distinct().order_by(Order.status)
        return [row.status for row in rows]

    def close_delivered(self) -> int:
        changed = self.db.query(Order).filter(Order.status == "delivered").update({"status": "closed"})
        self.db.commit()
        return changed

from .orders import OrderRepository
from .products import CategoryRepository, ProductRepository
from .users import UserRepository

__all__ = ["CategoryRepository", "OrderRepository", "ProductRepository", "UserRepository"]

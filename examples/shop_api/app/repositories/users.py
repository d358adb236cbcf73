from sqlalchemy.orm import Session

from app.models import User
from app.repositories.base import BaseRepository


class UserRepository(BaseRepository[User]):
    def __init__(self, db: Session):
        super().__init__(User, db)

    def by_email(self, email: str) -> User | None:
        return self.db.query(User).filter_by(email=email.lower()).one_or_none()

    def by_token(self, token: str) -> User | None:
        return self.db.query(User).filter(User.api_token == token, User.is_active.is_(True)).first()

from typing import Annotated

from fastapi import Depends, Header, HTTPException, Query, status
from sqlalchemy.orm import Session

from app.config import settings
from app.db import get_db
from app.models import User
from app.repositories import UserRepository

DbSession = Annotated[Session, Depends(get_db)]


def get_token(x_api_token: Annotated[str | None, Header()] = None) -> str:
    if not x_api_token:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "X-API-Token is missing")
    return x_api_token


def get_current_user(db: DbSession, token: str = Depends(get_token)) -> User:
    user = UserRepository(db).by_token(token)
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "unknown token")
    return user


def get_staff_user(user: User = Depends(get_current_user)) -> User:
    if not user.is_staff:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "staff only")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


class Pagination:
    def __init__(self, limit: int = Query(20, ge=1), offset: int = Query(0, ge=0)):
        self.limit = min(limit, settings.max_page_size)
        self.offset = offset

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

from app.deps import CurrentUser, DbSession, Pagination, get_staff_user
from app.models import Address
from app.repositories import UserRepository
from app.schemas import AddressIn, Page, UserBrief, UserCreate, UserCreated, UserOut

router = APIRouter(tags=["people"])


def new_token() -> str:
    return secrets.token_hex(16)


@router.post("/users", response_model=UserCreated, status_code=201)
def register(data: UserCreate, db: DbSession):
    users = UserRepository(db)
    if users.by_email(data.email):
        raise HTTPException(status_code=400, detail="this address is registered already")
    return users.create(email=data.email.lower(), full_name=data.full_name, api_token=new_token())


@router.get("/users", response_model=Page[UserBrief], dependencies=[Depends(get_staff_user)])
def list_users(db: DbSession, page: Annotated[Pagination, Depends()]):
    users = UserRepository(db)
    return {
        "items": users.get_many(page.limit, page.offset),
        "total": users.count(),
        "limit": page.limit,
        "offset": page.offset,
    }


@router.get("/me", response_model=UserOut)
def show_me(user: CurrentUser):
    return user


@router.post("/me/addresses", response_model=UserOut, status_code=201)
def add_address(data: AddressIn, db: DbSession, user: CurrentUser):
    db.add(Address(user_id=user.id, street=data.street, city=data.city))
    db.commit()
    db.refresh(user)
    return user

import logging

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import models  # noqa: F401  (the tables must be known before create_all)
from app.config import settings
from app.db import Base, SessionLocal, engine, get_db
from app.errors import ShopError
from app.routers import orders, products, reports, users
from app.services.seeding import seed_catalogue

logger = logging.getLogger("shop")

Base.metadata.create_all(bind=engine)

app = FastAPI(title=f"{settings.shop_name} API", version="1.4.0")

app.include_router(products.router)
app.include_router(orders.router)
app.include_router(users.router)
app.include_router(reports.router)


@app.on_event("startup")
def fill_empty_catalogue():
    if not settings.seed_on_startup:
        return
    with SessionLocal() as db:
        added = seed_catalogue(db)
    if added:
        logger.info("empty database: %s products added", added)


@app.on_event("shutdown")
def close_connections():
    engine.dispose()


@app.exception_handler(ShopError)
def answer_shop_error(request: Request, error: ShopError):
    return JSONResponse(status_code=error.status_code, content={"detail": error.message})


@app.get("/health", tags=["ops"])
def health(db: Session = Depends(get_db)):
    db.execute(text("SELECT 1"))
    return {"status": "ok", "shop": settings.shop_name}

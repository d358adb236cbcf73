import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.staticfiles import StaticFiles

from .database import Base, SessionLocal, engine
from .models import Shelf
from .pages import books, club, shelves
from .web import HERE, page

logger = logging.getLogger("bookclub")

app = FastAPI(title="Book club", docs_url=None, redoc_url=None)
app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
app.include_router(shelves.router)
app.include_router(books.router)
app.include_router(club.router)


@app.on_event("startup")
def make_tables():
    Base.metadata.create_all(engine)


@app.on_event("startup")
def put_up_first_shelf():
    session = SessionLocal()
    try:
        if session.query(Shelf).count() == 0:
            session.add(Shelf(slug="next-up", name="Next up"))
            session.commit()
    finally:
        session.close()


@app.on_event("shutdown")
def say_goodbye():
    logger.info("the club closes for tonight")


@app.exception_handler(HTTPException)
def show_error(request: Request, error: HTTPException):
    return page(request, "error.html", status_code=error.status_code, message=error.detail, member=None)

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ..database import get_session
from ..models import Book, Meeting, Member, Shelf
from ..web import current_member, page, redirect, signed_in

router = APIRouter(default_response_class=HTMLResponse)


def find_shelf(session: Session, slug: str) -> Shelf:
    shelf = session.execute(select(Shelf).where(Shelf.slug == slug)).scalar_one_or_none()
    if shelf is None:
        raise HTTPException(status_code=404, detail="There is no such shelf.")
    return shelf


@router.get("/")
def home(request: Request, session: Session = Depends(get_session), member=Depends(current_member)):
    shelves = session.query(Shelf).order_by(Shelf.name).all()
    meeting = (
        session.query(Meeting)
        .options(joinedload(Meeting.book).joinedload(Book.author))
        .order_by(Meeting.held_on.desc())
        .first()
    )
    return page(request, "home.html", shelves=shelves, meeting=meeting, member=member)


@router.get("/shelves/{slug}")
def show_shelf(
    request: Request,
    slug: str,
    session: Session = Depends(get_session),
    member=Depends(current_member),
):
    shelf = find_shelf(session, slug)
    others = session.scalars(select(Book).where(~Book.shelves.any(Shelf.id == shelf.id)).order_by(Book.title)).all()
    return page(request, "shelf.html", shelf=shelf, others=others, member=member)


@router.post("/shelves")
def add_shelf(
    name: str = Form(min_length=1),
    session: Session = Depends(get_session),
    member: Member = Depends(signed_in),
):
    slug = "-".join(name.lower().split())
    if session.query(Shelf).filter_by(slug=slug).count():
        return redirect("/", f"There is a shelf called {name} already.")
    shelf = Shelf(name=name, slug=slug, owner_id=member.id)
    session.add(shelf)
    session.commit()
    session.refresh(shelf)
    return redirect(f"/shelves/{shelf.slug}", f"{shelf.owner.name} put up the shelf {shelf.name}.")


@router.post("/shelves/{slug}/books")
def put_book_on_shelf(
    slug: str,
    book_id: int = Form(),
    session: Session = Depends(get_session),
    member: Member = Depends(signed_in),
):
    shelf = find_shelf(session, slug)
    book = session.get(Book, book_id)
    if book is None:
        raise HTTPException(status_code=404, detail="There is no such book.")
    if book not in shelf.books:
        shelf.books.append(book)
        session.commit()
    return redirect(f"/shelves/{slug}", f"{book.title} is on the shelf.")

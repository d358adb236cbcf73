from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from ..database import get_session
from ..models import Author, Book, Member, Note
from ..web import current_member, page, redirect, signed_in

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/books")
def list_books(request: Request, q: str = "", session: Session = Depends(get_session), member=Depends(current_member)):
    query = session.query(Book).join(Book.author)
    if q:
        query = query.filter(Book.title.ilike(f"%{q}%") | Author.name.ilike(f"%{q}%"))
    books = query.order_by(Author.name, Book.year).all()
    return page(request, "books.html", books=books, q=q, member=member)


@router.get("/books/new")
def new_book(request: Request, session: Session = Depends(get_session), member: Member = Depends(signed_in)):
    authors = session.scalars(select(Author).order_by(Author.name)).all()
    return page(request, "book_form.html", authors=authors, member=member, error="")


@router.post("/books")
def add_book(
    request: Request,
    title: str = Form(),
    author_name: str = Form(),
    year: int | None = Form(None),
    session: Session = Depends(get_session),
    member: Member = Depends(signed_in),
):
    author = session.query(Author).filter(func.lower(Author.name) == author_name.lower()).first()
    if author is None:
        author = Author(name=author_name)
        session.add(author)
    elif session.query(Book).filter(Book.title == title, Book.author == author).first():
        authors = session.scalars(select(Author).order_by(Author.name)).all()
        error = f"We have {title} already."
        return page(request, "book_form.html", status_code=400, authors=authors, member=member, error=error)
    book = Book(title=title, year=year, author=author)
    session.add(book)
    session.commit()
    session.refresh(book)
    return redirect(f"/books/{book.id}", f"Added {book.full_title}.")


@router.get("/books/{book_id}")
def show_book(
    request: Request,
    book_id: int,
    session: Session = Depends(get_session),
    member=Depends(current_member),
):
    book = session.get(Book, book_id)
    if book is None:
        raise HTTPException(status_code=404, detail="There is no such book.")
    return page(request, "book.html", book=book, member=member)


@router.post("/books/{book_id}/notes")
def write_note(
    book_id: int,
    stars: int = Form(ge=1, le=5),
    text: str = Form(""),
    session: Session = Depends(get_session),
    member: Member = Depends(signed_in),
):
    note = session.query(Note).filter_by(book_id=book_id, member_id=member.id).one_or_none()
    if note is None:
        note = Note(book_id=book_id, member_id=member.id)
        session.add(note)
    note.stars = stars
    note.text = text
    session.commit()
    return redirect(f"/books/{book_id}", f"Thank you, {member.name}.")


@router.post("/books/{book_id}/delete")
def delete_book(book_id: int, session: Session = Depends(get_session), member: Member = Depends(signed_in)):
    book = session.get(Book, book_id)
    if book:
        session.delete(book)
        session.commit()
    return redirect("/books", "The book is gone.")


@router.get("/authors/{author_id}")
def show_author(
    request: Request,
    author_id: int,
    session: Session = Depends(get_session),
    member=Depends(current_member),
):
    statement = select(Author).options(joinedload(Author.books)).where(Author.id == author_id)
    author = session.execute(statement).unique().scalar_one_or_none()
    if author is None:
        raise HTTPException(status_code=404, detail="There is no such author.")
    return page(request, "author.html", author=author, member=member)

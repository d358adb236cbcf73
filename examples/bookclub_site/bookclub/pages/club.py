from datetime import date

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..database import get_session
from ..models import Book, Meeting, Member, Note
from ..web import MEMBER_COOKIE, current_member, page, redirect, signed_in

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/members")
def list_members(request: Request, session: Session = Depends(get_session), member=Depends(current_member)):
    rows = (
        session.query(Member, func.count(Note.id))
        .outerjoin(Member.notes)
        .group_by(Member.id)
        .order_by(func.count(Note.id).desc(), Member.name)
        .all()
    )
    return page(request, "members.html", rows=rows, member=member)


@router.get("/members/{member_id}")
def show_member(
    request: Request,
    member_id: int,
    session: Session = Depends(get_session),
    member=Depends(current_member),
):
    reader = session.get(Member, member_id)
    if reader is None:
        raise HTTPException(status_code=404, detail="Nobody here has that number.")
    return page(request, "member.html", reader=reader, member=member)


@router.post("/sign-in")
def sign_in(name: str = Form(), session: Session = Depends(get_session)):
    found = session.scalar(select(Member).where(func.lower(Member.name) == name.strip().lower()))
    if found is None:
        return redirect("/", f"We do not know a {name}.")
    response = redirect("/", f"Hello {found.name}!")
    response.set_cookie(MEMBER_COOKIE, str(found.id))
    return response


@router.post("/sign-out")
def sign_out():
    response = redirect("/", "See you.")
    response.delete_cookie(MEMBER_COOKIE)
    return response


@router.get("/meetings/{meeting_id}")
def show_meeting(
    request: Request,
    meeting_id: int,
    session: Session = Depends(get_session),
    member=Depends(current_member),
):
    meeting = session.query(Meeting).filter(Meeting.id == meeting_id).one_or_none()
    if meeting is None:
        raise HTTPException(status_code=404, detail="There was no such evening.")
    return page(request, "meeting.html", meeting=meeting, member=member)


@router.post("/meetings")
def plan_meeting(
    held_on: date = Form(),
    place: str = Form(),
    book_id: int = Form(),
    session: Session = Depends(get_session),
    member: Member = Depends(signed_in),
):
    if session.get(Book, book_id) is None:
        raise HTTPException(status_code=404, detail="There is no such book.")
    meeting = Meeting(held_on=held_on, place=place, book_id=book_id, members=[member])
    session.add(meeting)
    session.commit()
    session.refresh(meeting)
    return redirect(f"/meetings/{meeting.id}", f"We meet about {meeting.book.full_title}.")


@router.post("/meetings/{meeting_id}/join")
def join_meeting(
    meeting_id: int,
    session: Session = Depends(get_session),
    member: Member = Depends(signed_in),
):
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise HTTPException(status_code=404, detail="There was no such evening.")
    if member not in meeting.members:
        meeting.members.append(member)
        session.commit()
    return redirect(f"/meetings/{meeting_id}", "See you there.")

"""Templates, flash messages, and who is signed in."""

from pathlib import Path
from urllib.parse import quote, unquote

from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy.orm import Session

from .database import get_session
from .models import Member

HERE = Path(__file__).parent
FLASH_COOKIE = "flash"
MEMBER_COOKIE = "member"


def flash_message(request: Request):
    return {"flash": unquote(request.cookies.get(FLASH_COOKIE, ""))}


templates = Jinja2Templates(directory=HERE / "templates", context_processors=[flash_message])


def page(request: Request, template: str, status_code: int = 200, **context):
    response = templates.TemplateResponse(request, template, context, status_code=status_code)
    if FLASH_COOKIE in request.cookies:
        response.delete_cookie(FLASH_COOKIE)
    return response


def redirect(url: str, message: str = "") -> RedirectResponse:
    response = RedirectResponse(url, status_code=303)
    if message:
        response.set_cookie(FLASH_COOKIE, quote(message))
    return response


def current_member(request: Request, session: Session = Depends(get_session)):
    """The member who is signed in, or None."""
    member_id = request.cookies.get(MEMBER_COOKIE, "")
    if not member_id.isdigit():
        return None
    return session.get(Member, int(member_id))


def signed_in(member: Member | None = Depends(current_member)) -> Member:
    if member is None:
        raise HTTPException(status_code=403, detail="Please sign in first.")
    return member

import re
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from bookclub.database import Base, get_session
from bookclub.main import app
from bookclub.models import Author, Book, Meeting, Member, Note, Shelf

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
TestingSession = sessionmaker(bind=engine, autoflush=False)


def override_get_session():
    with TestingSession() as session:
        yield session


app.dependency_overrides[get_session] = override_get_session

client = TestClient(app)


@pytest.fixture(autouse=True)
def club():
    """A small club: two members, two authors, three books, one evening."""
    Base.metadata.create_all(engine)
    with TestingSession() as session:
        mona, theo = Member(name="Mona"), Member(name="Theo")
        lispector = Author(name="Clarice Lispector", country="Brazil")
        ishiguro = Author(name="Kazuo Ishiguro")
        star = Book(title="The Hour of the Star", year=1977, author=lispector)
        wild = Book(title="Near to the Wild Heart", year=1943, author=lispector)
        giant = Book(title="The Buried Giant", year=2015, author=ishiguro)
        star.notes = [Note(stars=5, text="Short and sharp", member=mona), Note(stars=4, text="", member=theo)]
        session.add_all(
            [
                Shelf(slug="autumn", name="Autumn", owner=mona, books=[star, giant]),
                Shelf(slug="later", name="Later", books=[]),
                wild,
                Meeting(held_on=date(2024, 10, 3), place="Mona's kitchen", book=star, members=[theo, mona]),
            ]
        )
        session.commit()
    yield
    client.cookies.clear()
    Base.metadata.drop_all(engine)


def sign_in(name="Theo"):
    return client.post("/sign-in", data={"name": name})


def text_of(response):
    """What a reader sees: no tags, single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def test_home_shows_shelves_books_and_next_evening():
    response = client.get("/")
    assert response.status_code == 200
    seen = text_of(response)
    assert "Autumn The Buried Giant Kazuo Ishiguro unread The Hour of the Star Clarice Lispector 4.5 of 5" in seen
    assert "Later nothing here yet" in seen
    assert "2024-10-03 , The Hour of the Star by Clarice Lispector" in seen


def test_shelf_names_its_owner():
    assert "kept by Mona" in client.get("/shelves/autumn").text
    assert "kept by everybody" in client.get("/shelves/later").text


def test_unknown_shelf():
    response = client.get("/shelves/nowhere")
    assert response.status_code == 404
    assert '<p class="error">There is no such shelf.</p>' in response.text


@pytest.mark.parametrize(
    "q, titles",
    [
        ("", ["Near to the Wild Heart", "The Hour of the Star", "The Buried Giant"]),
        ("lispector", ["Near to the Wild Heart", "The Hour of the Star"]),
        ("giant", ["The Buried Giant"]),
        ("tolstoy", []),
    ],
)
def test_find_books(q, titles):
    response = client.get("/books", params={"q": q})
    assert re.findall(r'<a href="/books/\d+">(.*?)</a>', response.text) == titles
    assert f"{len(titles)} found" in response.text


def test_book_page_lists_notes_and_shelves():
    with TestingSession() as session:
        book_id = session.scalar(select(Book.id).where(Book.title == "The Hour of the Star"))
    response = client.get(f"/books/{book_id}")
    assert "<title>The Hour of the Star by Clarice Lispector</title>" in response.text
    assert "On Autumn" in response.text
    assert "Mona 5.0 of 5 Short and sharp Theo 4.0 of 5" in text_of(response)


def test_author_page_counts_notes():
    with TestingSession() as session:
        author = session.query(Author).filter_by(country="Brazil").one()
    response = client.get(f"/authors/{author.id}")
    assert "<li>Near to the Wild Heart: 0 notes</li><li>The Hour of the Star: 2 notes</li>" in response.text


def test_members_by_number_of_notes():
    assert "Mona 1 Theo 1" in text_of(client.get("/members"))


def test_member_page():
    with TestingSession() as session:
        mona = session.query(Member).filter(Member.name == "Mona").one()
        url = f"/members/{mona.id}"
    seen = text_of(client.get(url))
    assert "Autumn 5 for The Hour of the Star by Clarice Lispector" in seen


def test_sign_in_greets_once():
    response = sign_in("mona")
    assert '<p class="flash">Hello Mona!</p>' in response.text
    assert '<span class="me">Mona</span>' in response.text
    assert "Hello Mona!" not in client.get("/").text


def test_strangers_stay_outside():
    assert "We do not know a Zoe." in sign_in("Zoe").text
    response = client.post("/shelves", data={"name": "Mine"})
    assert response.status_code == 403
    assert "Please sign in first." in response.text


def test_add_book_of_a_known_author():
    sign_in()
    form = {"title": "Klara and the Sun", "author_name": "kazuo ishiguro", "year": "2021"}
    response = client.post("/books", data=form, follow_redirects=False)
    assert response.status_code == 303

    page = client.get(response.headers["location"])
    assert "Added Klara and the Sun by Kazuo Ishiguro." in page.text
    with TestingSession() as session:
        assert session.query(Author).count() == 2
        assert len(session.query(Author).filter_by(name="Kazuo Ishiguro").one().books) == 2


def test_add_book_twice():
    sign_in()
    response = client.post("/books", data={"title": "The Buried Giant", "author_name": "Kazuo Ishiguro"})
    assert response.status_code == 400
    assert "We have The Buried Giant already." in response.text
    assert "<option>Clarice Lispector</option>" in response.text


def test_new_shelf_and_a_book_on_it():
    sign_in()
    response = client.post("/shelves", data={"name": "Rainy days"})
    assert "Theo put up the shelf Rainy days." in response.text
    with TestingSession() as session:
        giant = session.scalars(select(Book).where(Book.title == "The Buried Giant")).one()
        book_id = giant.id

    response = client.post("/shelves/rainy-days/books", data={"book_id": book_id})

    assert "The Buried Giant is on the shelf." in response.text
    with TestingSession() as session:
        shelf = session.query(Shelf).filter_by(slug="rainy-days").one()
        assert [book.title for book in shelf.books] == ["The Buried Giant"]


def test_second_note_replaces_the_first():
    sign_in()
    client.post("/books/1/notes", data={"stars": "1"})
    response = client.post("/books/1/notes", data={"stars": "2", "text": "Better, the second time"})
    assert "Thank you, Theo." in response.text
    with TestingSession() as session:
        notes = session.query(Note).join(Note.member).filter(Member.name == "Theo", Note.book_id == 1).all()
    assert [note.text for note in notes] == ["Better, the second time"]


def test_deleting_a_book_takes_its_notes_along():
    sign_in()
    with TestingSession() as session:
        star = session.query(Book).filter(Book.title.like("The Hour%")).one()
        url = f"/books/{star.id}/delete"
        session.query(Meeting).delete()
        session.commit()
    assert "The book is gone." in client.post(url).text
    with TestingSession() as session:
        assert session.query(Note).count() == 0


def test_plan_an_evening_and_join_it():
    sign_in("Mona")
    with TestingSession() as session:
        book_id = session.query(Book.id).filter_by(title="The Buried Giant").scalar()
    form = {"held_on": "2024-11-07", "place": "the library", "book_id": book_id}
    planned = client.post("/meetings", data=form)
    assert "We meet about The Buried Giant by Kazuo Ishiguro." in planned.text
    assert "1 coming: Mona" in planned.text

    sign_in("Theo")
    joined = client.post(f"/meetings/{planned.url.path.split('/')[-1]}/join")
    assert "2 coming: Mona, Theo" in joined.text
    assert "I come too" not in joined.text

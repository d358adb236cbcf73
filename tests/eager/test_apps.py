"""What was read lazily is loaded: each app answers as before, with no statement more and no lazy load."""

from __future__ import annotations

from pathlib import Path

import pytest

from .apps import HEAD, prove, serve, transformed

USER_ROUTE = """

@app.get("/users/{user_id}", response_model=UserFull)
def show(user_id: int, db: Session = Depends(get_db)):
    user = db.get(User, user_id)
    if user is None:
        raise HTTPException(404)
    return user
"""


#: a version in which no attribute can be awaited, so that all is loaded beforehand
BEFORE = {"requirements.txt": "sqlalchemy==2.0.12\n"}


def main(text: str) -> dict[str, str]:
    return {"main.py": HEAD + text}


def test_response_model_of_a_list(tmp_path: Path) -> None:
    text = """

@app.get("/posts", response_model=list[PostOut])
def posts(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()
"""
    after = prove(main(text), tmp_path, [("GET", "/posts")])
    assert "select(Post).options(joinedload(Post.author), selectinload(Post.tags))" in after


def test_nested_schemas_chain(tmp_path: Path) -> None:
    after = prove(main(USER_ROUTE), tmp_path, [("GET", "/users/1"), ("GET", "/users/9")])
    assert "db.get(User, user_id, options=[selectinload(User.posts)" in after
    assert "selectinload(Post.tags)" in after


def test_legacy_query_that_is_left(tmp_path: Path) -> None:
    text = """

@app.get("/posts", response_model=List[PostOut])
def posts(db: Session = Depends(get_db)):
    query = db.query(Post)
    query = query.filter(Post.id > 0)
    return query.order_by(Post.id).all()
"""
    assert "db.query(Post).options(" in prove(main(text), tmp_path, [("GET", "/posts")])


def test_return_annotation_generic_page_and_alias(tmp_path: Path) -> None:
    text = """

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


class Named(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    written_by: UserOut = Field(validation_alias="author")


@app.get("/page")
def page(db: Session = Depends(get_db)) -> Page[Named]:
    posts = db.scalars(select(Post)).all()
    return {"items": posts, "total": len(posts)}


@app.get("/page2", response_model=Page[Named])
def page2(db: Session = Depends(get_db)):
    return Page[Named](items=[Named.model_validate(p) for p in db.scalars(select(Post))], total=0)
"""
    after = prove(main(text), tmp_path, [("GET", "/page"), ("GET", "/page2")])
    assert after.count("select(Post).options(joinedload(Post.author))") == 2
    assert "Post.tags)" not in after.partition("app = FastAPI()")[2]


def test_property_of_the_model(tmp_path: Path) -> None:
    text = """

class Titles(BaseModel):
    titles: list[str]


@app.get("/titles", response_model=list[Titles])
def titles(db: Session = Depends(get_db)):
    return db.scalars(select(User)).all()


@app.get("/first")
def first(db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == 1)).one()
    return {"titles": user.titles}
"""
    after = prove(main(text), tmp_path, [("GET", "/titles"), ("GET", "/first")])
    assert after.count("selectinload(User.posts)") == 2


def test_code_that_walks_through_functions(tmp_path: Path) -> None:
    text = """

def words(post):
    return [tag.name for tag in post.tags] + [post.author.name]


def load(db: Session):
    return db.scalars(select(Post).order_by(Post.id))


@app.get("/words")
def all_words(db: Session = Depends(get_db)):
    return [words(post) for post in load(db)]
"""
    prove(main(text), tmp_path, [("GET", "/words")])


def test_lookup_of_what_the_session_may_hold(tmp_path: Path) -> None:
    text = """

def current(db: Session = Depends(get_db)):
    return db.get(User, 1)


@app.get("/users/{user_id}", response_model=UserFull)
def show(user_id: int, db: Session = Depends(get_db), me: User = Depends(current)):
    return db.get(User, user_id)
"""
    after, _ = transformed(main(text))
    assert "db.scalars(" in after["main.py"] and ".where(User.id == user_id)" in after["main.py"]
    requests = [("GET", "/users/1"), ("GET", "/users/2")]
    old = serve(main(text), tmp_path, requests)
    guarded = serve(after, tmp_path, requests, guard=True)
    assert [a.text for a in guarded] == [a.text for a in old]


def test_shared_dependency_costs_the_others_nothing(tmp_path: Path) -> None:
    text = """

def current(db: Session = Depends(get_db)):
    return db.scalars(select(User).where(User.id == 1)).one()


@app.get("/name")
def name(me: User = Depends(current), db: Session = Depends(get_db)):
    return me.name


@app.get("/me", response_model=UserFull)
def show(me: User = Depends(current)):
    return me


@app.get("/titles")
def titles(me: User = Depends(current), db: Session = Depends(get_db)):
    return [post.title for post in me.posts]
"""
    after = prove({**main(text), **BEFORE}, tmp_path, [("GET", "/name"), ("GET", "/me"), ("GET", "/titles")])
    assert "def show(me: User = Depends(current), db: Session = Depends(get_db)):" in after


def test_created_and_refreshed(tmp_path: Path) -> None:
    text = """

@app.post("/posts", response_model=PostOut)
def create(db: Session = Depends(get_db)):
    post = Post(title="new", author_id=1)
    db.add(post)
    db.flush()
    db.add(Tag(name="t", post_id=post.id))
    db.commit()
    db.refresh(post)
    return post
"""
    after = prove(main(text), tmp_path, [("POST", "/posts")])
    assert "db.refresh" not in after


def test_created_without_refresh(tmp_path: Path) -> None:
    text = """

@app.post("/posts", response_model=PostOut)
def create(db: Session = Depends(get_db)):
    post = Post(title="new", author_id=1)
    db.add(post)
    db.commit()
    return post
"""
    prove(main(text), tmp_path, [("POST", "/posts")])


def test_changed_and_refreshed(tmp_path: Path) -> None:
    text = """

@app.patch("/posts/{post_id}", response_model=PostOut)
def change(post_id: int, title: str, db: Session = Depends(get_db)):
    post = db.scalars(select(Post).where(Post.id == post_id)).one()
    post.title = title
    db.commit()
    db.refresh(post)
    return post
"""
    prove(main(text), tmp_path, [("PATCH", "/posts/1?title=changed")])


def test_generic_repository(tmp_path: Path) -> None:
    text = """

M = TypeVar("M", bound=Base)


class Repository(Generic[M]):
    def __init__(self, model: type[M], db: Session):
        self.model = model
        self.db = db

    def get(self, key: int) -> Optional[M]:
        return self.db.get(self.model, key)

    def all(self) -> list[M]:
        return self.db.scalars(select(self.model)).all()

    def create(self, **values) -> M:
        made = self.model(**values)
        self.db.add(made)
        self.db.commit()
        self.db.refresh(made)
        return made


class Posts(Repository[Post]):
    def __init__(self, db: Session):
        super().__init__(Post, db)


class Users(Repository[User]):
    def __init__(self, db: Session):
        super().__init__(User, db)


@app.get("/users")
def users(db: Session = Depends(get_db)) -> list[UserOut]:
    return Users(db).all()


@app.post("/users", response_model=UserFull)
def create_user(db: Session = Depends(get_db)):
    return Users(db).create(name="carl")


@app.get("/posts", response_model=list[PostOut])
def posts(db: Session = Depends(get_db)):
    return Posts(db).all()


@app.get("/posts/{key}", response_model=PostOut)
def post(key: int, db: Session = Depends(get_db)):
    found = Posts(db).get(key)
    if found is None:
        raise HTTPException(404)
    return found
"""
    requests = [("GET", "/users"), ("POST", "/users"), ("GET", "/posts"), ("GET", "/posts/1"), ("GET", "/posts/7")]
    prove({**main(text), **BEFORE}, tmp_path, requests)


def test_writing_to_a_collection_reads_it(tmp_path: Path) -> None:
    text = """

@app.post("/append")
def append(db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == 1)).one()
    user.posts.append(Post(title="new"))
    db.commit()
    return {"ok": True}


@app.post("/assign")
def assign(db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == 2)).one()
    user.posts = [Post(title="only")]
    db.commit()
    return {"ok": True}
"""
    after = prove(main(text), tmp_path, [("POST", "/append"), ("POST", "/assign")])
    assert after.count("select(User).options(selectinload(User.posts))") == 2


def test_statements_that_a_join_would_break(tmp_path: Path) -> None:
    text = """

@app.get("/posts", response_model=list[PostOut])
def posts(db: Session = Depends(get_db)):
    return db.scalars(select(Post).join(Post.tags).group_by(Post.id).order_by(Post.id)).all()
"""
    after = prove(main(text), tmp_path, [("GET", "/posts")])
    assert "selectinload(Post.author)" in after


def test_existing_options_are_kept_and_continued(tmp_path: Path) -> None:
    text = """

@app.get("/users", response_model=list[UserFull])
def users(db: Session = Depends(get_db)):
    return db.scalars(select(User).options(joinedload(User.posts)).order_by(User.id)).unique().all()


@app.get("/posts", response_model=list[PostOut])
def posts(db: Session = Depends(get_db)):
    return db.scalars(select(Post).options(joinedload(Post.author)).order_by(Post.id)).all()
"""
    after = prove(main(text), tmp_path, [("GET", "/users"), ("GET", "/posts")])
    assert after.count("joinedload(User.posts)") == 1
    assert ".options(joinedload(Post.author), selectinload(Post.tags))" in after


def test_entities_are_replaced_later(tmp_path: Path) -> None:
    text = """

@app.get("/posts", response_model=list[PostOut])
def posts(db: Session = Depends(get_db)):
    statement = select(Post).where(Post.id > 0)
    total = db.scalar(statement.with_only_columns(func.count(Post.id)))
    assert total
    return db.scalars(statement.order_by(Post.id)).all()
"""
    after = prove(main(text), tmp_path, [("GET", "/posts")])
    assert "statement = select(Post).where(Post.id > 0)" in after


def test_routes_without_model_show_no_more(tmp_path: Path) -> None:
    text = """

def load(db: Session):
    return db.scalars(select(User).order_by(User.id)).all()


@app.get("/raw")
def raw(db: Session = Depends(get_db)):
    return load(db)


@app.get("/full", response_model=list[UserFull])
def full(db: Session = Depends(get_db)):
    return load(db)
"""
    prove(main(text), tmp_path, [("GET", "/raw"), ("GET", "/full")])


def test_nothing_is_loaded_that_nobody_reads() -> None:
    text = """

@app.get("/posts", response_model=list[TagOut])
def posts(db: Session = Depends(get_db)):
    return db.scalars(select(Tag)).all()


@app.get("/count")
def count(db: Session = Depends(get_db)):
    return db.scalar(select(func.count()).select_from(Post))
"""
    assert transformed(main(text))[0] == main(text)


NULLABLE = "Mapped[Optional[int]] = mapped_column(Integer, "


@pytest.mark.parametrize(
    ("column", "default"), [('Mapped[int] = mapped_column(Integer, server_default="0", ', False), (NULLABLE, True)]
)
def test_columns_that_an_update_changes(tmp_path: Path, column: str, default: bool) -> None:
    text = """

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    changes: COLUMN onupdate=func.length('x'))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship()


class NoteOut(BaseModel):
    text: str
    changes: Optional[int]
    author: UserOut


@app.put("/notes/{note_id}", response_model=NoteOut)
def write(note_id: int, text: str, db: Session = Depends(get_db)):
    note = db.get(Note, note_id)
    if note is None:
        note = Note(id=note_id, author_id=1)
        db.add(note)
    note.text = text
    db.commit()
    return note
""".replace("COLUMN ", column)
    after = prove(main(text), tmp_path, [("PUT", "/notes/1?text=a"), ("PUT", "/notes/1?text=b")])
    assert '__mapper_args__ = {"eager_defaults": True}' in after
    assert ("default=lambda: None)" in after) is default, "or each INSERT would be followed by a SELECT"


def test_back_references_of_mappers_that_are_not_configured_yet(tmp_path: Path) -> None:
    text = """

class Folder(Base):
    __tablename__ = "folders"
    id: Mapped[int] = mapped_column(primary_key=True)


class Sheet(Base):
    __tablename__ = "sheets"
    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id"))
    folder = relationship("Folder", backref="sheets")


@app.get("/folders")
def folders(db: Session = Depends(get_db)):
    return [len(folder.sheets) for folder in db.scalars(select(Folder))]


def seed():
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(Folder.__table__.insert(), [{"id": 1}])
        connection.execute(Sheet.__table__.insert(), [{"id": 1, "folder_id": 1}])
"""
    after = prove(main(text), tmp_path, [("GET", "/folders")])
    assert "selectinload(inspect(Folder).attrs.sheets.class_attribute)" in after


def test_association_proxy_method_and_text_of_an_instance(tmp_path: Path) -> None:
    text = """

from sqlalchemy.ext.associationproxy import association_proxy


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship()
    titles = association_proxy("books", "title")

    def shelf(self):
        return ", ".join(book.title for book in self.books)

    def __str__(self):
        return f"{self.id}: {self.shelf()}"


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))


@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    db.add(Author(id=1, books=[Book(title="a"), Book(title="b")]))
    db.commit()


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    return [list(author.titles) for author in db.scalars(select(Author))]


@app.get("/shelves")
def shelves(db: Session = Depends(get_db)):
    return [author.shelf() for author in db.scalars(select(Author))]


@app.get("/texts")
def texts(db: Session = Depends(get_db)):
    return [f"{author}" for author in db.scalars(select(Author))]
"""
    requests = [("POST", "/fill"), ("GET", "/titles"), ("GET", "/shelves"), ("GET", "/texts")]
    after = prove(main(text), tmp_path, requests)
    assert after.count("selectinload(Author.books)") == 3


def test_templates_with_everything(tmp_path: Path) -> None:
    text = """

from pathlib import Path

from fastapi import Request
from fastapi.templating import Jinja2Templates

templates = Jinja2Templates(directory=Path(__file__).parent / "templates")


def page(request, name, **context):
    return templates.TemplateResponse(request, name, {**context, "title": name})


@app.get("/")
def home(request: Request, db: Session = Depends(get_db)):
    return page(request, "home.html", users=db.scalars(select(User).order_by(User.id)).all())


@app.get("/posts/{post_id}")
def show(request: Request, post_id: int, db: Session = Depends(get_db)):
    post = db.get(Post, post_id)
    return page(request, "post.html", post=post)
"""
    files = {
        **main(text),
        "templates/base.html": "<h1>{% block head %}{{ title }}{% endblock %}</h1>{% block body %}{% endblock %}",
        "templates/home.html": (
            '{% extends "base.html" %}{% from "parts.html" import line %}'
            "{% block body %}{% for user in users %}{% set posts = user.posts %}"
            "{% for post in posts if post.title %}{{ line(post) }}{% endfor %}{% endfor %}{% endblock %}"
        ),
        "templates/parts.html": (
            "{% macro line(item) %}{{ item.title }}: {{ item.tags | map(attribute='name') | join(', ') }}{% endmacro %}"
        ),
        "templates/post.html": (
            '{% extends "base.html" %}{% block head %}{{ super() }} {{ post.author.name }}{% endblock %}'
            '{% block body %}{% include "tags.html" %}{% endblock %}'
        ),
        "templates/tags.html": "{{ post.tags | length }}{% if post.author.posts %}+{% endif %}",
    }
    after = prove(files, tmp_path, [("GET", "/"), ("GET", "/posts/1")])
    assert "select(User).options(selectinload(User.posts).selectinload(Post.tags))" in after
    assert "joinedload(Post.author).selectinload(User.posts)" in after


def test_what_cannot_be_loaded_is_reported() -> None:
    text = """

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    notes = relationship("Remark", lazy="dynamic")


class Remark(Base):
    __tablename__ = "remarks"
    id: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))


class NodeOut(BaseModel):
    id: int
    notes: list[int]


@app.get("/tree", response_model=NodeOut)
def tree(db: Session = Depends(get_db)):
    return db.get(Node, 1)


@app.get("/remarks")
def remarks(db: Session = Depends(get_db)):
    return db.get(Node, 1).notes.count()


def unused(post: Post):
    return post.tags
"""
    _, codes = transformed(main(text))
    assert set(codes) == {"eager-dynamic"}


def test_refresh_that_expires_what_the_instance_holds(tmp_path: Path) -> None:
    text = """

class Folder(Base):
    __tablename__ = "folders"
    id: Mapped[int] = mapped_column(primary_key=True)
    is_open: Mapped[bool] = mapped_column(default=False)
    sheets: Mapped[list["Sheet"]] = relationship(cascade="all, delete-orphan")


class Sheet(Base):
    __tablename__ = "sheets"
    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id"))


@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    db.add(Folder(id=1, sheets=[Sheet(id=1), Sheet(id=2)]))
    db.commit()


@app.post("/open")
def open_folder(db: Session = Depends(get_db)):
    folder = db.scalars(select(Folder)).one()
    assert len(folder.sheets) == 2
    sheets = db.scalars(select(Sheet).order_by(Sheet.id)).all()
    folder.is_open = True
    db.commit()
    db.refresh(folder)
    return [sheet.id for sheet in sheets] + [folder.is_open]
"""
    after = prove(main(text), tmp_path, [("POST", "/fill"), ("POST", "/open")])
    assert "db.get(Folder, inspect(folder).identity, populate_existing=True)" in after


def test_refresh_for_columns_of_the_database_stays(tmp_path: Path) -> None:
    text = """

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(server_default="7")
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship()


class NoteLine(BaseModel):
    size: int


class NoteOut(NoteLine):
    author: UserOut


@app.post("/columns", response_model=NoteLine)
def columns(db: Session = Depends(get_db)):
    note = Note(author_id=1)
    db.add(note)
    db.commit()
    db.refresh(note)
    return note


@app.post("/all", response_model=NoteOut)
def everything(db: Session = Depends(get_db)):
    note = Note(author_id=1)
    db.add(note)
    db.commit()
    db.refresh(note)
    return note
"""
    after = prove(main(text), tmp_path, [("POST", "/columns"), ("POST", "/all")])
    assert after.count("db.refresh(note)") == 1
    assert "db.get(Note, inspect(note).identity, options=[joinedload(Note.author)], populate_existing=True)" in after


def test_load_beside_a_reader_stays_where_the_name_is_bound(tmp_path: Path) -> None:
    text = """

def make(db: Session, name: str):
    user = User(name=name)
    db.add(user)
    db.commit()
    return user


@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    for name in ["x", "y"]:
        user = make(db, name)
        user.posts.append(Post(title=name))
        db.commit()
    return len(db.scalars(select(Post)).all())
"""
    prove({**main(text), **BEFORE}, tmp_path, [("POST", "/fill")])

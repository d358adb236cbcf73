"""What was read lazily is loaded: each app answers as before, with no statement more and no lazy load."""

from __future__ import annotations

from pathlib import Path

from .apps import HEAD, prove, serve, transformed

USER_ROUTE = """

@app.get("/users/{user_id}", response_model=UserFull)
def show(user_id: int, db: Session = Depends(get_db)):
    user = db.get(User, user_id)
    if user is None:
        raise HTTPException(404)
    return user
"""


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
    after = prove(main(text), tmp_path, [("GET", "/name"), ("GET", "/me"), ("GET", "/titles")])
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
    prove(main(text), tmp_path, requests)


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

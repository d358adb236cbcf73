"""What schemas read of instances: each answer is the same after the migration."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_nested_generic_and_inherited(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

class TagOut(Out):
    name: str


class CommentOut(Out):
    text: str
    by: Optional["Who"] = Field(None, validation_alias="author")


class Who(Out):
    name: str
    team_name: Optional[str]


class PostBase(Out):
    title: str
    author: Optional[Who] = None


class PostOut(PostBase):
    tags: List[TagOut] = []


class PostDeep(PostOut):
    comments: List[CommentOut] = []

    @computed_field
    @property
    def loud(self) -> List[str]:
        return [t.name.upper() for t in self.tags]


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: List[T]
    total: int


class Envelope(BaseModel, Generic[T]):
    model_config = ConfigDict(from_attributes=True)
    data: Optional[T] = None
    meta: Dict[str, int] = {}


@app.get("/deep", response_model=List[PostDeep])
def deep(db: Session = Depends(get_db)):
    return db.query(Post).order_by(Post.id).all()


@app.get("/page", response_model=Page[PostOut])
def page(db: Session = Depends(get_db), size: int = 2):
    statement = select(Post).order_by(Post.id)
    items = db.scalars(statement.limit(size)).all()
    return Page(items=items, total=len(items)) if False else {"items": items, "total": len(items)}


@app.get("/envelope/{key}")
def envelope(key: int, db: Session = Depends(get_db)) -> Envelope[PostDeep]:
    post = db.get(Post, key)
    if post is None:
        return Envelope[PostDeep](meta={"found": 0})
    return Envelope[PostDeep](data=post, meta={"found": 1})


@app.get("/pages", response_model=Envelope[Page[PostBase]])
def pages(db: Session = Depends(get_db)):
    posts = db.execute(select(Post).order_by(Post.id)).scalars().all()
    return {"data": {"items": posts, "total": len(posts)}, "meta": {}}


@app.get("/by-name", response_model=Dict[str, PostOut])
def by_name(db: Session = Depends(get_db)):
    return {post.title: post for post in db.scalars(select(Post).order_by(Post.id))}


@app.get("/by-author", response_model=Dict[str, List[PostOut]])
def by_author(db: Session = Depends(get_db)):
    grouped: Dict[str, List[Post]] = {}
    for post in db.scalars(select(Post).order_by(Post.id)):
        grouped.setdefault(str(post.author_id), []).append(post)
    return grouped


@app.get("/tuple")
def pair(db: Session = Depends(get_db)) -> tuple[PostBase, List[TagOut]]:
    post = db.scalars(select(Post).where(Post.id == 1)).one()
    return post, post.tags


@app.get("/optional/{key}", response_model=Optional[PostDeep])
def optional(key: int, db: Session = Depends(get_db)):
    return db.scalars(select(Post).where(Post.id == key)).first()


@app.get("/either/{key}", response_model=Union[PostDeep, None])
def either(key: int, db: Session = Depends(get_db)):
    return db.query(Post).filter_by(id=key).one_or_none()


@app.get("/less", response_model=List[PostDeep], response_model_exclude={"comments"})
def less(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get(
    "/only",
    response_model=List[PostDeep],
    response_model_include={"title", "author"},
    response_model_exclude_none=True,
)
def only(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/deep"),
        ("GET", "/page"),
        ("GET", "/envelope/1"),
        ("GET", "/envelope/9"),
        ("GET", "/pages"),
        ("GET", "/by-name"),
        ("GET", "/by-author"),
        ("GET", "/tuple"),
        ("GET", "/optional/1"),
        ("GET", "/optional/9"),
        ("GET", "/either/1"),
        ("GET", "/less"),
        ("GET", "/only"),
    ]
    prove(tmp_path, files, requests)


def test_unions_roots_and_aliases(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

from pydantic import AliasChoices, AliasPath, RootModel, Discriminator, Tag as PTag


class Who(Out):
    name: str


class TextPost(Out):
    kind: Literal["text"]
    title: str
    author: Optional[Who]


class PhotoPost(Out):
    kind: Literal["photo"]
    title: str
    tags: List["Label"]


class Label(Out):
    label: str = Field(validation_alias=AliasChoices("label", "name"))


Any_Post = Annotated[Union[TextPost, PhotoPost], Field(discriminator="kind")]


def which(value):
    return "full" if getattr(value, "kind", None) == "photo" else "short"


class Feed(RootModel[List[Any_Post]]):
    pass


class Item(Out):
    by: Optional[str] = Field(None, validation_alias=AliasPath("author", "name"))
    titles: List[str] = Field(validation_alias=AliasChoices("post_titles"), default=[])


class Holder(Out):
    id: int
    posts: List[Any_Post]


Chosen = Annotated[
    Union[Annotated[TextPost, PTag("short")], Annotated[PhotoPost, PTag("full")]], Discriminator(which)
]


@app.get("/feed", response_model=List[Any_Post])
def feed(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/root", response_model=Feed)
def root(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/holder/{key}", response_model=Holder)
def holder(key: int, db: Session = Depends(get_db)):
    return db.get(User, key)


@app.get("/chosen")
def chosen(db: Session = Depends(get_db)) -> List[Chosen]:
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/mixed/{kind}/{key}", response_model=Union[Holder, Who, Label])
def mixed(kind: str, key: int, db: Session = Depends(get_db)):
    model = {"user": User, "tag": Tag}[kind]
    found = db.get(model, key)
    if not found:
        raise HTTPException(404)
    return found


@app.get("/titles")
def titles(db: Session = Depends(get_db)) -> List[Item]:
    return [Item.model_validate(u) for u in db.scalars(select(User).order_by(User.id))]


feed_adapter = TypeAdapter(List[Any_Post])


@app.get("/adapted")
def adapted(db: Session = Depends(get_db)):
    found = db.scalars(select(Post).order_by(Post.id)).all()
    return feed_adapter.dump_python(feed_adapter.validate_python(found))
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/feed"),
        ("GET", "/root"),
        ("GET", "/holder/1"),
        ("GET", "/chosen"),
        ("GET", "/mixed/user/1"),
        ("GET", "/mixed/tag/1"),
        ("GET", "/titles"),
        ("GET", "/adapted"),
    ]
    prove(tmp_path, files, requests)


def test_routes_are_registered_without_a_decorator_line(tmp_path: Path) -> None:
    main = """\
from fastapi import APIRouter, FastAPI

import users

router = APIRouter()
router.get("/users/{key}")(users.read)
router.get("/users", response_model=list[users.UserOut])(users.read_all)
app = FastAPI()
app.include_router(router)
"""
    users = """\
from fastapi import Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import User


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]


def read(key: int, db: Session = Depends(get_db)) -> UserOut:
    return db.query(User).filter(User.id == key).first()


def read_all(db: Session = Depends(get_db)):
    return db.query(User).order_by(User.id).all()
"""
    done = prove(tmp_path, {"main.py": main, "users.py": users}, [("GET", "/users"), ("GET", "/users/1")])
    assert done["users.py"].count("selectinload(User.posts)") == 2


def test_fields_of_a_schema_that_is_defined_later(tmp_path: Path) -> None:
    """`UserRef = ForwardRef("UserOut")` named nothing: what the schema reads was not loaded."""
    main = """\
from typing import ForwardRef

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()
UserRef = ForwardRef("UserOut")


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    author: UserRef


class PostName(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostName]


PostOut.model_rebuild()


@app.get("/posts")
def read(db: Session = Depends(get_db)):
    return [PostOut.model_validate(post) for post in db.query(Post).order_by(Post.id)]


UserModel = ForwardRef("User")


def number(user: UserModel) -> int:
    return len(user.posts)


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return sum(map(number, db.query(User)))
"""
    done = prove(tmp_path, {"main.py": main}, [("GET", "/posts"), ("GET", "/users")])
    assert "joinedload(Post.author).selectinload(User.posts)" in done["main.py"]

"""What validators, serializers and computed fields read, and the older ways to validate."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_validators_serializers_and_computed_fields(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

from pydantic import (
    field_validator,
    model_validator,
    field_serializer,
    PrivateAttr,
    BeforeValidator,
    AfterValidator,
    model_serializer,
)


def names(value):
    return [v if isinstance(v, str) else v.name for v in value]


def count(value):
    return len(value)


Names = Annotated[List[str], BeforeValidator(names)]


class WithBefore(Out):
    title: str
    tags: Names
    comment_count: Annotated[int, BeforeValidator(count)] = Field(
        alias="comments", serialization_alias="comment_count"
    )


class WithField(Out):
    name: str
    posts: List[str]
    team: Optional[str]

    @field_validator("posts", mode="before")
    @classmethod
    def flat(cls, value):
        return [f"{p.title}:{','.join(t.name for t in p.tags)}" for p in value]

    @field_validator("team", mode="before")
    @classmethod
    def team_text(cls, value):
        return value.name if value is not None else None


class WithModel(Out):
    title: str
    author: Optional[str] = None
    first_comment: Optional[str] = None

    @model_validator(mode="before")
    @classmethod
    def build(cls, data: Any) -> Any:
        if isinstance(data, Post):
            return {
                "title": data.title,
                "author": data.author.team.name if data.author and data.author.team else None,
                "first_comment": data.comments[0].author.name
                if data.comments and data.comments[0].author
                else None,
            }
        return data


class WithSerializer(Out):
    posts: List[Any]
    profile: Any

    @field_serializer("posts")
    def ser(self, posts: List[Any]) -> List[str]:
        return [p.title + "/" + str(len(p.comments)) for p in posts]

    @field_serializer("profile")
    def ser_profile(self, profile: Any) -> Optional[str]:
        return profile.bio if profile else None


class WithComputed(Out):
    name: str
    posts: List[Any] = Field(exclude=True)

    @computed_field
    @property
    def tags(self) -> List[str]:
        return [t.name for p in self.posts for t in p.tags]


class WithDefaults(Out):
    name: str
    tag_names: List[str] = []
    latest_title: Optional[str] = None

    @classmethod
    def of(cls, user: User) -> "WithDefaults":
        made = cls.model_validate(user)
        last = user.latest()
        made.latest_title = last.title if last else None
        return made


@app.get("/before", response_model=List[WithBefore], response_model_by_alias=False)
def before(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/field", response_model=List[WithField])
def field(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()


@app.get("/model", response_model=List[WithModel])
def model(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/serializer", response_model=List[WithSerializer])
def serializer(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()


@app.get("/computed/{key}", response_model=WithComputed)
def computed(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    return user


@app.get("/of", response_model=List[WithDefaults])
def of(db: Session = Depends(get_db)):
    return [WithDefaults.of(u) for u in db.scalars(select(User).order_by(User.id))]
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/before"),
        ("GET", "/field"),
        ("GET", "/model"),
        ("GET", "/serializer"),
        ("GET", "/computed/1"),
        ("GET", "/of"),
    ]
    prove(tmp_path, files, requests)


def test_ways_to_validate(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse


class OldTag(BaseModel):
    name: str

    class Config:
        from_attributes = True


class OldPost(BaseModel):
    title: str
    tags: List[OldTag]

    class Config:
        from_attributes = True
        populate_by_name = True


class OldUser(BaseModel):
    name: str
    posts: List[OldPost]

    class Config:
        from_attributes = True


@app.get("/orm")
def orm(db: Session = Depends(get_db)):
    return OldUser.from_orm(db.query(User).filter(User.id == 1).first())


@app.get("/encoded")
def encoded(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    return JSONResponse(content=jsonable_encoder([OldUser.model_validate(u) for u in users]))


@app.get("/dumped")
def dumped(db: Session = Depends(get_db)):
    return [
        OldUser.model_validate(u, from_attributes=True).model_dump(include={"posts": {"__all__": {"title"}}})
        for u in db.query(User).order_by(User.id)
    ]


@app.get("/map")
def mapped(db: Session = Depends(get_db)):
    return list(map(OldUser.model_validate, db.query(User).order_by(User.id).all()))


@app.get("/kw")
def by_keywords(db: Session = Depends(get_db)):
    user = db.query(User).get(1)
    return OldUser(name=user.name, posts=[OldPost(title=p.title, tags=p.tags) for p in user.posts])


@app.get("/vars")
def by_dict(db: Session = Depends(get_db)):
    user = db.query(User).get(1)
    data = {**{k: getattr(user, k) for k in ("name", "posts")}}
    return OldUser.model_validate(data)


@app.get("/fields")
def by_fields(db: Session = Depends(get_db)):
    user = db.query(User).get(1)
    return {
        name: (getattr(user, name) if name == "name" else len(getattr(user, name))) for name in OldUser.model_fields
    }


@app.get("/nested-json")
def as_json(db: Session = Depends(get_db)):
    adapter = TypeAdapter(List[OldUser])
    return adapter.dump_python(
        adapter.validate_python(db.query(User).order_by(User.id).all(), from_attributes=True), mode="json"
    )
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    requests = [
        ("GET", "/orm"),
        ("GET", "/encoded"),
        ("GET", "/dumped"),
        ("GET", "/map"),
        ("GET", "/kw"),
        ("GET", "/vars"),
        ("GET", "/fields"),
        ("GET", "/nested-json"),
    ]
    prove(tmp_path, files, requests)


def test_schemas_in_the_code_of_schemas(tmp_path: Path) -> None:
    """What a computed field or a validator makes out of instances by a further schema."""
    main = (
        HEAD
        + """

from pydantic import computed_field, field_validator


class Arbitrary(BaseModel):
    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)


class TagIn(Arbitrary):
    name: str


class PostIn(Arbitrary):
    title: str
    tags: List[Tag] = Field(exclude=True)

    @computed_field
    @property
    def labels(self) -> List[TagIn]:
        return [TagIn.model_validate(tag) for tag in self.tags]


class UserIn(Arbitrary):
    name: str
    posts: List[Post] = Field(exclude=True)

    @computed_field
    @property
    def entries(self) -> List[PostIn]:
        return [PostIn.model_validate(post) for post in self.posts if post.title]


class TeamIn(Arbitrary):
    name: str
    users: List[Any]

    @field_validator("users", mode="before")
    @classmethod
    def made(cls, value):
        return [UserIn.model_validate(user) for user in value]


class Around(Arbitrary):
    name: str
    posts: List[Post] = Field(exclude=True)

    @computed_field
    @property
    def writers(self) -> List["Around"]:
        return [Around.model_validate(post.author) for post in self.posts if post.author.name != self.name]


@app.get("/users/{key}", response_model=UserIn)
def user(key: int, db: Session = Depends(get_db)):
    return db.scalars(select(User).where(User.id == key)).one()


@app.get("/users", response_model=List[UserIn])
def users(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()


@app.get("/teams", response_model=List[TeamIn])
def teams(db: Session = Depends(get_db)):
    return db.scalars(select(Team).order_by(Team.id)).all()


@app.get("/around", response_model=List[Around])
def around(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()
"""
    )
    requests = [("GET", "/users/1"), ("GET", "/users/2"), ("GET", "/users"), ("GET", "/teams"), ("GET", "/around")]
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    # who goes round in circles when the answer is written reads what nothing has loaded
    prove(tmp_path, files, requests, codes=["implicit-load"])


def test_functions_that_validators_call(tmp_path: Path) -> None:
    """They stay plain: what they read is loaded for the validator, and other callers run them in the greenlet."""
    main = (
        HEAD
        + """

import random

from pydantic import model_validator


def titles_of(users: Optional[List[User]]) -> List[str]:
    if not users:
        return []
    return [post.title for user in users for post in user.posts if post.author is not None]


class TeamTitles(Out):
    name: str
    titles: List[str] = []

    @model_validator(mode="before")
    @classmethod
    def fill(cls, data: Any):
        if hasattr(data, "users"):
            data.__setattr__("titles", titles_of(data.users))
        return data


@app.get("/teams/{key}", response_model=TeamTitles)
def team(key: int, db: Session = Depends(get_db)):
    return db.scalars(select(Team).where(Team.id == key)).one()


@app.get("/teams", response_model=List[TeamTitles])
def teams(db: Session = Depends(get_db)):
    return db.scalars(select(Team).order_by(Team.id)).all()


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    return sorted(titles_of(random.sample(users, len(users))))
"""
    )
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": main}
    after = prove(tmp_path, files, [("GET", "/teams/1"), ("GET", "/teams/2"), ("GET", "/teams"), ("GET", "/titles")])
    assert "\ndef titles_of(" in after["main.py"]

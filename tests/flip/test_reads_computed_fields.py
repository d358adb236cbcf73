"""Schemas that keep instances, and read more of them only when they are written out: `computed_field`."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

APP = f"""{HEAD}
from pydantic import Field, computed_field


class UserDetails(BaseModel):
    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)
    name: str
    posts: List[Post] = Field(default=[], exclude=True)

    @computed_field(return_type=List[str])
    @property
    def teams(self) -> List[str]:
        return [post.author.team.name for post in self.posts]


class Finder:
    def __init__(self, known: bool):
        self.known = known

    def __call__(self, key: int, db: Session = Depends(get_db)):
        user = db.query(User).filter(User.id == key).first()
        if self.known and user is None:
            raise HTTPException(404)
        return user


@app.get("/users/{{key}}", response_model=UserDetails)
def read(user: User = Depends(Finder(True))):
    return user


@app.get("/names/{{key}}")
def names(user: User = Depends(Finder(False))):
    return user.name
"""


def test_what_is_written_out_in_the_greenlet_is_loaded_there(tmp_path: Path) -> None:
    """The statement serves another route as well: a second run does not load there what lies below the collection."""
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": APP}
    done = prove(tmp_path, files, [("GET", "/users/1"), ("GET", "/names/1")])
    assert "greenlet_spawn(lambda value: UserDetails.model_validate(" in done["main.py"]

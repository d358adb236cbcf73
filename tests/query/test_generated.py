"""Chains put together by chance: legacy and converted must give the same, and send the same SQL."""

from __future__ import annotations

import case_runner
from hypothesis import given, settings
from hypothesis import strategies as st
from query_cases import source_of
from query_models import MODELS
from query_world import convert
from test_same_results import COMPARED, question

HEADS = ("User", "Post", "Shelf", "Manager", "User, Post.title", "User.name, Post.id", "User, Post", "User.name")
LINKS = (
    ".join(User.posts)",
    ".outerjoin(Post, Post.author_id == User.id)",
    ".filter(User.id > 1)",
    ".filter(Post.author_id == User.id)",
    ".filter(User.posts.any(Post.score > 1))",
    ".filter_by(id=1)",
    ".filter(User.id == 1)",
    ".options(joinedload(User.posts))",
    ".options(selectinload(User.posts))",
    ".distinct()",
    ".limit(2)",
    ".offset(1)",
    ".group_by(User.id)",
    ".with_entities(User)",
    ".with_entities(func.count(User.id))",
    ".add_columns(User.age)",
    ".populate_existing()",
    ".yield_per(10)",
)
ENDS = (
    ".all()", ".first()", ".one()", ".one_or_none()", ".scalar()", ".count()", "[0:2]", "[1]", ".exists()",
    ".update({'age': 1}, synchronize_session=False)", ".delete()",
)  # fmt: skip
LAST = ".order_by(User.id, text('1'))"


@st.composite
def functions(draw: st.DrawFn) -> str:
    """The body of a function of `db`: one chain, or one that a variable carries on."""
    head, end = draw(st.sampled_from(HEADS)), draw(st.sampled_from(ENDS))
    links = draw(st.lists(st.sampled_from(LINKS), max_size=4))
    links.insert(0, draw(st.sampled_from(("", LAST))))
    if draw(st.booleans()):
        return f"return db.query({head}){''.join(links)}{end}"
    steps = "".join(f"q = q{link}\n" for link in links if link)
    return f"q = db.query({head})\n{steps}return q{end}"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(functions())
def test_generated(body: str) -> None:
    if body.endswith(".exists()"):
        body = body.replace("return ", "return db.query(", 1) + ").scalar()"
    source = source_of({"one": body})
    after, _ = convert({"models.py": MODELS, "app.py": source})
    found = case_runner.run(question({"legacy": source, "new": after["app.py"]}, ["one"]))
    legacy, new = found["legacy"]["one"], found["new"]["one"]
    text = after["app.py"].split("case_one")[1]
    if not legacy.get("error", "Found").endswith("Found"):
        return  # what SQLAlchemy or the database refuses says nothing about results
    assert [new.get(what) for what in COMPARED] == [legacy.get(what) for what in COMPARED], text
    if not any(word in body for word in ("count()", "exists()")) and "error" not in legacy:
        assert new["sql"] == legacy["sql"], text

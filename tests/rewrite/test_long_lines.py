"""A call that gets arguments, and is too long for its line then, stands over several lines."""

from __future__ import annotations

from conftest import File

from asyncify.model.ops import AppendCall, EditCall, Replace

FIRST = "joinedload(Article.author_of_the_text)"
SECOND = "selectinload(Article.comments_of_all_readers)"


def test_a_link_that_is_too_long() -> None:
    file = File("def f(db):\n    return db.scalars(select(Article).order_by(Article.id)).all()\n")
    assert file.apply(file.at("select(Article)", AppendCall("options", f"{FIRST}, {SECOND}"))) == (
        f"""\
def f(db):
    return db.scalars(select(Article).options(
        {FIRST},
        {SECOND},
    ).order_by(Article.id)).all()
"""
    )


def test_arguments_that_are_too_long() -> None:
    file = File("def f(db, key):\n    return db.get(Article, key)\n")
    assert file.apply(file.at("db.get(Article, key)", EditCall(set=(("options", f"[{FIRST}, {SECOND}]"),)))) == (
        f"""\
def f(db, key):
    return db.get(
        Article,
        key,
        options=[{FIRST}, {SECOND}],
    )
"""
    )


def test_what_fits_stays_on_its_line() -> None:
    file = File("x = db.get(Article, key)\n")
    edit = file.at("db.get(Article, key)", EditCall(set=(("options", f"[{FIRST}]"),)))
    assert file.apply(edit) == f"x = db.get(Article, key, options=[{FIRST}])\n"


def test_a_line_that_was_too_long_stays_one() -> None:
    text = "x = [" + "1, " * 50 + "db.get(Article, key)]\n"
    edit = File(text).at("db.get(Article, key)", EditCall(set=(("options", f"[{FIRST}]"),)))
    assert File(text).apply(edit).count("\n") == 1


LAST = "joinedload(Reader.home)"
NESTED = (
    f"selectinload(Article.readers).options({FIRST}, selectinload(Reader.books).options({SECOND}, {LAST}, {FIRST}))"
)


def test_what_is_inside_of_a_line_that_is_too_long() -> None:
    file = File("def f(db):\n    return db.scalars(select(Article).order_by(Article.id)).all()\n")
    assert file.apply(file.at("select(Article)", AppendCall("options", f"{LAST}, {NESTED}"))) == (
        f"""\
def f(db):
    return db.scalars(select(Article).options(
        {LAST},
        selectinload(Article.readers).options(
            {FIRST},
            selectinload(Reader.books).options(
                {SECOND},
                {LAST},
                {FIRST},
            ),
        ),
    ).order_by(Article.id)).all()
"""
    )


def test_a_list_that_is_too_long() -> None:
    file = File("def f(db, key):\n    return db.get(Article, key)\n")
    options = f"[{FIRST}, {NESTED.replace(LAST, SECOND)}]"
    assert file.apply(file.at("db.get(Article, key)", EditCall(set=(("options", options),)))) == (
        f"""\
def f(db, key):
    return db.get(
        Article,
        key,
        options=[
            {FIRST},
            selectinload(Article.readers).options(
                {FIRST},
                selectinload(Reader.books).options(
                    {SECOND},
                    {SECOND},
                    {FIRST},
                ),
            ),
        ],
    )
"""
    )


def test_a_link_on_its_own_line_that_is_too_long() -> None:
    chain = "select(Article)\n        .where(Article.id > 1)"
    file = File(f"def f(db):\n    query = (\n        {chain}\n        .order_by(Article.id)\n    )\n    return query\n")
    assert file.apply(file.at(chain, AppendCall("options", f"{FIRST}, {SECOND}, {LAST}"))) == (
        f"""\
def f(db):
    query = (
        select(Article)
        .where(Article.id > 1)
        .options(
            {FIRST},
            {SECOND},
            {LAST},
        )
        .order_by(Article.id)
    )
    return query
"""
    )


def test_what_stood_over_lines_and_is_too_long_for_one() -> None:
    file = File(f"def f(db):\n    found = db.get(\n        {FIRST},\n        {SECOND},\n    )[0]\n    return found\n")
    old = file.text[file.text.index("db.get") : file.text.index("[0]")]
    edit = file.at(old, Replace(f"run(get, {FIRST}, {SECOND}, {LAST})"))
    assert file.apply(edit) == (
        f"""\
def f(db):
    found = run(
        get,
        {FIRST},
        {SECOND},
        {LAST},
    )[0]
    return found
"""
    )


def test_what_stood_over_lines_and_fits_in_one() -> None:
    file = File("found = db.get(\n    Article,\n    key,\n)\n")
    edit = file.at(file.text.removeprefix("found = ").rstrip(), Replace("run(get, Article)"))
    assert file.apply(edit) == "found = run(get, Article)\n"

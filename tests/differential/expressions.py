"""Columns and criteria over the entities that a query has in sight."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from .vocabulary import Source, models

LETTERS = ("'a'", "'b'", "'ann'", "'odd'", "'eve'", "'s'")


@st.composite
def comparisons(draw: st.DrawFn, source: Source) -> str:
    """One condition on one entity."""
    number, string = draw(source.numbers()), draw(source.strings())
    value = draw(st.integers(0, 4))
    pattern = draw(st.sampled_from(LETTERS))
    is_text = string.rpartition(".")[2] in source.model.strings
    choices = [
        f"{number} > {value}",
        f"{number} == {value}",
        f"{number} != {value}",
        f"{number}.in_([1, {value}])",
        f"{number}.is_(None)",
        f"{number} == None",
        f"{number}.between(1, {value})",
        f"func.coalesce({number}, 0) <= {value}",
        f"case(({number} > 1, 1), else_=0) == 1",
        f"not_({number} == {value})",
        f"~({number} > {value})",
    ]
    if is_text:
        choices += [f"{string} == {pattern}", f"{string}.like('%e%')", f"{string}.notin_([{pattern}])"]
        choices += [f"func.lower({string}) == {pattern}", f"{string}.isnot(None)", f"{string}.startswith({pattern})"]
    return draw(st.sampled_from(choices))


@st.composite
def relations(draw: st.DrawFn, source: Source) -> str:
    """A condition on what is related: any(), has(), a subquery, EXISTS."""
    number = draw(source.numbers())
    if not source.model.relations or draw(st.integers(0, 3)) == 0:
        other = draw(st.sampled_from(["Tag.id", "Book.shelf_id", "Post.author_id"]))
        inner = f"db.query({other}).filter({other} > {draw(st.integers(0, 2))})"
        return draw(
            st.sampled_from(
                [
                    f"{number}.in_({inner})",
                    f"{number}.in_({inner}.scalar_subquery())",
                    f"{number}.notin_({inner})",
                    f"{number} == db.query(func.max({other})).scalar_subquery()",
                    f"{number} <= db.query(func.min({other})).as_scalar()",
                    f"{inner}.exists()",
                    f"~{inner}.exists()",
                ]
            )
        )
    relation = draw(st.sampled_from(source.model.relations))
    target = Source(relation.target, models()[relation.target])
    method = "any" if relation.many else "has"
    inner = draw(st.one_of(st.just(""), comparisons(target)))
    return draw(st.sampled_from(["", "~"])) + f"{source.text}.{relation.name}.{method}({inner})"


@st.composite
def criteria(draw: st.DrawFn, sources: Sequence[Source]) -> str:
    """A condition on anything in sight, alone or put together."""
    source = draw(st.sampled_from(list(sources)))
    one = draw(st.one_of(comparisons(source), comparisons(source), relations(source)))
    kind = draw(st.integers(0, 8))
    if kind > 3:
        return one
    other = draw(comparisons(draw(st.sampled_from(list(sources)))))
    forms = (f"or_({one}, {other})", f"and_({one}, {other})", f"{one}, {other}", f"({one}) | ({other})")
    return forms[kind]


@st.composite
def keywords(draw: st.DrawFn, source: Source) -> str:
    """The arguments of `filter_by`."""
    number = draw(source.numbers()).rpartition(".")[2]
    string = draw(source.strings()).rpartition(".")[2]
    first = f"{number}={draw(st.sampled_from(['1', '2', 'None', '1 + 1']))}"
    if string == number or draw(st.booleans()):
        return first
    return draw(st.sampled_from([first + ", ", ""])) + f"{string}={draw(st.sampled_from(LETTERS))}"


@st.composite
def values(draw: st.DrawFn, sources: Sequence[Source]) -> str:
    """Something with a value for each row: a column, or what is made of columns."""
    source = draw(st.sampled_from(list(sources)))
    number, string = draw(source.numbers()), draw(source.strings())
    column = draw(source.columns())
    choices = [
        column,
        column,
        f"{column}.label('x')",
        f"{number} + 1",
        f"({number} * 2).label('y')",
        f"func.coalesce({number}, 0)",
        f"func.coalesce({string}, {string}).label('low')",
        f"case(({number} > 1, 'big'), else_='small')",
        f"cast({number}, String)",
        "literal(1)",
        f"{number} > 1",
        f"Bundle('b', {source.text}.id, {string})",
        f"db.query(func.count(Tag.id)).filter(Tag.id >= {number}).scalar_subquery()",
        f"db.query(func.max(Book.pages)).filter(Book.id != {source.text}.id).label('most')",
        f"getattr({source.text}, '{number.rpartition('.')[2]}')",
        "null()",
    ]
    return draw(st.sampled_from(choices))


@st.composite
def aggregates(draw: st.DrawFn, sources: Sequence[Source]) -> str:
    """Something with one value for many rows."""
    source = draw(st.sampled_from(list(sources)))
    number = draw(source.numbers())
    return draw(
        st.sampled_from(
            [
                "func.count()",
                f"func.count({source.text}.id)",
                f"func.count({source.text}.id).label('n')",
                f"func.count(distinct({number}))",
                f"func.max({number})",
                f"func.min({number}).label('least')",
                f"func.sum({number})",
                f"func.coalesce(func.sum({number}), 0)",
                f"func.count({source.text}.id) > 1",
            ]
        )
    )


@st.composite
def orders(draw: st.DrawFn, sources: Sequence[Source]) -> str:
    """What to sort by."""
    source = draw(st.sampled_from(list(sources)))
    number, string = draw(source.numbers()), draw(source.strings())
    return draw(
        st.sampled_from([f"{number}.desc()", f"desc({string})", string, f"{number}.is_(None), {number}", f"-{number}"])
    )

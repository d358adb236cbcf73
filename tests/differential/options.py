"""Loader options of an entity, and the methods of Query that have no say in what is found."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from .vocabulary import Relation, Source, models

LOADERS = ("joinedload", "joinedload", "selectinload", "subqueryload", "lazyload")


@st.composite
def loaders(draw: st.DrawFn, source: Source, joined: Sequence[str]) -> str:
    """One loader option. joined: the relationships of the entity that are joined, so that contains_eager() can be."""
    if not source.model.relations or draw(st.integers(0, 4)) == 0:
        return draw(_of_columns(source))
    relation: Relation = draw(st.sampled_from(source.model.relations))
    path = f"{source.text}.{relation.name}"
    if path in joined and draw(st.booleans()):
        return f"contains_eager({path})"
    first = f"{draw(st.sampled_from(LOADERS))}({path})"
    target = models()[relation.target]
    if not target.relations or draw(st.integers(0, 2)):
        return draw(st.sampled_from([first, first, f"Load({source.text}).{first}"]))
    second = draw(st.sampled_from(target.relations))
    further = f"{draw(st.sampled_from(LOADERS))}({target.name}.{second.name})"
    return draw(st.sampled_from([f"{first}.{further}", f"{first}.options({further})"]))


@st.composite
def _of_columns(draw: st.DrawFn, source: Source) -> str:
    column = f"{source.text}.id"
    for kind in (source.model.strings, source.model.numbers):
        own = [n for n in kind if n not in ("id", "twice", "shown")]
        if own:
            column = f"{source.text}.{draw(st.sampled_from(own))}"
            break
    return draw(st.sampled_from([f"load_only({column})", f"defer({column})", f"undefer({column})", "raiseload('*')"]))


def harmless() -> st.SearchStrategy[str]:
    """A link that changes nothing of the result."""
    return st.sampled_from(
        [
            ".populate_existing()",
            ".autoflush(False)",
            ".enable_eagerloads(False)",
            ".execution_options(one=1)",
            ".with_for_update()",
            ".with_for_update(read=True, nowait=True)",
            ".reset_joinpoint()",
            ".yield_per(10)",
            ".enable_assertions(False)",
            ".filter()",
            ".order_by(None)",
            ".tuples()",
            ".only_return_tuples(True)",
            ".with_labels()",
            ".prefix_with('ALL')",
            ".with_hint(User, 'x', 'mysql')",
            ".filter(text('1 = :one')).params(one=1)",
            ".with_session(db)",
            ".correlate(None)",
        ]
    )

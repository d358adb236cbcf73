"""What becomes of each public name of the legacy Query in 2.0 style.

Source: SQLAlchemy 2.0 "Legacy Query API" and "2.0 Migration - ORM Usage", and runs of both forms side by side on
1.4.54, 2.0.58 and 2.1.9. Every public name of `sqlalchemy.orm.Query` is a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Becomes(Enum):
    """The sort of rewriting of a member of Query."""

    SAME = "same"  # the same name and arguments on Select
    RENAMED = "renamed"  # another name, the same arguments
    OPTION = "option"  # an execution option of this name
    DROPPED = "dropped"  # no effect on a select; the link goes
    SELF = "self"  # an attribute that is the select itself
    RUNS = "runs"  # sends SQL: the session does it with the statement
    COMBINES = "combines"  # a compound statement, which has few of the methods of a select
    SPECIAL = "special"  # a rewriting of its own
    REPORTED = "reported"  # no general equivalent: left alone and reported


@dataclass(frozen=True)
class Method:
    """One row. name: the member of Query. to: its new name, or the name and value of an execution option."""

    name: str
    becomes: Becomes
    to: str = ""


def _rows(becomes: Becomes, words: str) -> Iterator[Method]:
    for word in words.split():
        name, _, to = word.partition(":")
        yield Method(name, becomes, to or name)


_TABLE: tuple[Method, ...] = (
    *_rows(
        Becomes.SAME,
        "add_columns column_descriptions correlate cte distinct execution_options exists filter_by from_statement "
        "get_execution_options group_by having join label limit offset options order_by outerjoin "
        "params prefix_with scalar_subquery select_from set_label_style slice suffix_with where whereclause "
        "with_for_update with_hint with_statement_hint",
    ),
    *_rows(
        Becomes.RENAMED,
        "filter:where add_column:add_columns add_entity:add_columns as_scalar:scalar_subquery "
        "with_entities:with_only_columns",
    ),
    *_rows(Becomes.OPTION, "populate_existing:True autoflush:$0 yield_per:$0"),
    *_rows(Becomes.DROPPED, "reset_joinpoint tuples only_return_tuples"),
    *_rows(Becomes.SELF, "statement selectable"),
    *_rows(
        Becomes.RUNS,
        "all first one one_or_none scalar count get update delete value values __iter__ __getitem__ __contains__",
    ),
    *_rows(
        Becomes.SPECIAL,
        "subquery with_labels apply_labels with_parent enable_eagerloads with_session session",
    ),
    *_rows(Becomes.COMBINES, "union union_all intersect intersect_all except_ except_all"),
    *_rows(
        Becomes.REPORTED,
        # 1.4 only; from_self is a subquery that later links silently adapt to
        "from_self select_entity_from with_polymorphic bind execute "
        # a property of Query, a method of Select
        "get_label_style "
        "with_transformation instances merge_result enable_assertions lazy_loaded_from load_options "
        "is_single_entity is_select is_update is_delete is_dml is_insert is_text is_from_statement "
        "supports_execution uses_inspection allows_lambda dispatch logger logging_name get_children "
        "memoized_attribute memoized_instancemethod ext",
    ),
)

METHODS: Mapping[str, Method] = MappingProxyType({m.name: m for m in _TABLE})

#: members that not every version of SQLAlchemy has -> those that do, of 1.4, 2.0 and 2.1
ONLY_IN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("from_self", "select_entity_from", "with_polymorphic", "bind", "execute"), ("1.4",)),
        **dict.fromkeys(("tuples", "is_from_statement", "logging_name", "get_children"), ("2.0", "2.1")),
        "ext": ("2.1",),
    }
)

SET_OPERATIONS = frozenset(row.name for row in _TABLE if row.becomes is Becomes.COMBINES)

#: methods that a compound statement has as well, and that mean the same there. Source: `CompoundSelect` of 1.4 to 2.1
COMPOUND_LINKS = frozenset({"limit", "offset", "slice", "params", "exists", "scalar_subquery", "as_scalar", "label"})

#: links that say how a query runs, not what it selects: what a statement within another says about it is lost
RUN_LINKS = frozenset(
    "populate_existing autoflush yield_per execution_options with_for_update enable_eagerloads tuples "
    "only_return_tuples from_statement with_labels apply_labels set_label_style".split()
)

#: loader options that load with statements of their own, or not at all: those that `from_statement()` can have.
#: Source: SQLAlchemy 2.0 "Relationship Loading Techniques"; joins cannot be added to a statement that is given
SEPARATE_LOADS = frozenset(
    {"selectinload", "immediateload", "lazyload", "noload", "raiseload", "load_only", "defer", "undefer"}
)

#: links after which the rows of one entity can repeat: Query drops the repeats, a select does not
MULTIPLYING = frozenset({"join", "outerjoin", "select_from", "from_statement"})

#: links that select more than before
WIDENING = frozenset({"add_columns", "add_column", "add_entity"})

#: links that an UPDATE or DELETE of the same criteria can keep
DML_LINKS = frozenset({"filter", "where", "filter_by", "execution_options", "enable_eagerloads"})

#: links with which `count()` is still the plain count of the rows of one entity and its joins
COUNT_LINKS = frozenset({"filter", "where", "filter_by", "join", "outerjoin", "order_by", "options", "reset_joinpoint"})

#: links that `session.get` has an argument for
GET_LINKS = frozenset({"options", "populate_existing", "with_for_update"})

#: aggregate functions: alone, and not grouped, they give exactly one row
AGGREGATES = frozenset({"count", "sum", "min", "max", "avg", "string_agg", "group_concat", "bool_or"})

#: methods of an EXISTS that give an EXISTS: alone it is a column that is selected from nothing, which gives one row
EXISTS_LINKS = frozenset("where select_from correlate correlate_except label".split())

#: functions whose results are Python lists or dicts: rows with them cannot be made unique by hash
UNHASHABLE_FUNCTIONS = frozenset(
    {"array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "json_build_object", "to_json"}
)

#: column types of the same sort
UNHASHABLE_TYPES = frozenset({"JSON", "JSONB", "ARRAY", "HSTORE", "PickleType", "MutableDict", "MutableList"})

#: words in the annotation of a column of that sort: `Mapped[dict[str, Any]]`
UNHASHABLE_ANNOTATIONS = frozenset({"dict", "list", "set", "Dict", "List", "Set"})

#: methods of columns that take a query or select as a subquery
SUBQUERY_TAKERS = frozenset({"in_", "not_in", "notin_", "any_", "all_", "is_", "is_not", "isnot", "op", "from_select"})

#: members of collections with `lazy="dynamic"` or "write_only" that send nothing; `statement` and the others make
#: statements. Source: SQLAlchemy, "Dynamic Relationship Loaders", "Write Only Relationships"; `AppenderMixin` and
#: `WriteOnlyCollection` of 1.4, 2.0 and 2.1; asyncio documentation
COLLECTION_METHODS = frozenset("append add add_all extend remove statement select insert".split())

#: functions that make a collection of what they iterate over, in one call
COLLECTING = frozenset(f"builtins.{n}" for n in ("list", "tuple", "set", "sorted"))

#: functions that iterate over what they are given, those included
ITERATING = COLLECTING | frozenset(
    f"builtins.{n}" for n in "frozenset enumerate zip map filter sum any all min max iter reversed dict".split()
)

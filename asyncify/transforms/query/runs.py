"""Where a query is run: the session runs the statement, and the result gives what Query gave."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.knowledge.query_methods import GET_LINKS
from asyncify.model.edit import Import
from asyncify.model.ops import Hole, Replace
from asyncify.transforms.query import criteria
from asyncify.transforms.query.attribute_sites import entity
from asyncify.transforms.query.chains import Chain, chain_of
from asyncify.transforms.query.decisions import FUNC, SELECT, Decision, Place, Problem
from asyncify.transforms.query.either import helper_name, is_either
from asyncify.transforms.query.found_sessions import SessionText
from asyncify.transforms.query.heads import is_plain_count
from asyncify.transforms.query.link_arguments import gives_tuples
from asyncify.transforms.query.row_names import Names, row_names
from asyncify.transforms.query.sessions import session_at, session_of
from asyncify.transforms.query.set_operations import SetOperations, Wrapping
from asyncify.transforms.query.shapes import Kind, Shape, Shapes
from asyncify.transforms.query.trails import Trails
from asyncify.transforms.query.uniqueness import needs_unique
from asyncify.transforms.query.uses import Site, Uses, method_of

BY_HAND = "Write this query as a select() by hand."
ONE = {"one": "one", "one_or_none": "one_or_none", "scalar": "one_or_none"}


@dataclass(frozen=True)
class Execution:
    """How the statement at a place is run.

    session: how the session is written. scalars: whether instances come out, not rows.
    unique: `.unique()` where repeated results must go. direct: whether the session has a method `scalars`.
    wrapping: what stands around the statement.
    either: the function that asks the statement if it gives instances or rows, where that is not known.
    """

    session: SessionText
    scalars: bool
    unique: str
    shape: Shape
    chain: Chain
    direct: bool
    wrapping: Wrapping
    either: str = ""

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The parts of the file in what is written around the statement."""
        return (*self.session.holes, *self.wrapping.holes)

    @property
    def imports(self) -> tuple[Import, ...]:
        """What that must import."""
        return (*self.session.imports, *self.wrapping.imports)

    def result(self, statement: str) -> str:
        """Source of the result of a statement."""
        if self.either:
            return f"{self.either}({self.session.text}, {statement})"
        whole = self.wrapping.around(statement)
        if not self.scalars:
            return f"{self.session.text}.execute({whole}){self.unique}"
        how = f"scalars({whole})" if self.direct else f"execute({whole}).scalars()"
        return f"{self.session.text}.{how}{self.unique}"


class Runs:
    """Decides on the places where queries run.

    either: the files that need the function which asks a statement what it gives, with the sites of the queries.
    """

    def __init__(self, uses: Uses, shapes: Shapes, trails: Trails) -> None:
        self._uses = uses
        self._shapes = shapes
        self._trails = trails
        self._set_operations = SetOperations(uses, shapes)
        self.either: dict[Place, set[Site]] = {}

    def session(self, place: Place, node: ast.expr) -> SessionText | Problem:
        """The session for the query in an expression."""
        chain = chain_of(self._uses, node)
        if chain.site is not None:
            given = chain.named("with_session")
            inner = given[-1].args[0] if given else session_of(self._uses, chain.site)
            if inner is not None:
                return SessionText("$s", (place.hole("s", inner),))
        text = self._trails.at(node)
        found = SessionText(text) if text is not None else session_at(self._uses, place, node)
        if found is None:
            return Problem(
                place.source,
                node,
                "query-session",
                "the session of this query is not at hand where the query runs",
                "Hand the session to this function under the name that it has where the query is made.",
            )
        return found

    def execution(self, place: Place, node: ast.expr) -> Execution | Problem:
        """How to run the query in an expression."""
        chain = chain_of(self._uses, node)
        shape = self._shapes.of(node, as_rows=gives_tuples(chain))
        either = shape is None and is_either(self._uses, self._shapes, node, chain)
        if shape is None and not either:
            return Problem(
                place.source,
                node,
                "query-unknown-entity",
                "it is not known here if this query gives instances or rows",
                "Annotate what is queried as a class (type[Model]), or write the select() by hand.",
            )
        session = self.session(place, node)
        if isinstance(session, Problem):
            return session
        if "yield_per" in chain.methods and not chain.exact:
            return Problem(
                place.source, node, "query-method", "yield_per() may or may not have been called on this query", BY_HAND
            )
        direct = self._uses.library.has_session_scalars
        if shape is None:
            self.either.setdefault(place, set()).update(self._uses.holds[node].sites)
            return Execution(session, False, "", Shape(()), chain, direct, Wrapping(""), helper_name(place))
        combined = self._uses.is_combined(node)
        wrapping = (self._set_operations.wrapping if combined else self._named)(place, node, shape)
        if isinstance(wrapping, Problem):
            return wrapping
        unique = needs_unique(self._uses, node, chain, shape)
        return Execution(session, shape.single, ".unique()" if unique else "", shape, chain, direct, wrapping)

    def _named(self, place: Place, node: ast.expr, shape: Shape) -> Wrapping | Problem:
        """What makes a select call the columns of its rows as Query did."""
        called = Names.APART if shape.single else row_names(self._uses, node, chain_of(self._uses, node))
        if called is Names.TWICE:
            message = "columns of these rows have one name, and no select would call them so"
            return Problem(place.source, node, "query-row-names", message, "Label what is selected, then run again.")
        if called is Names.APART:
            return Wrapping("")
        style, imports = place.name("sqlalchemy.LABEL_STYLE_NONE")
        return Wrapping("", imports=imports, after=f".set_label_style({style})")

    def terminal(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        """A method that runs the query."""
        name = method_of(call)
        assert isinstance(call.func, ast.Attribute)
        base = call.func.value
        if name in ("get", "update", "delete"):
            yield from {"get": self._get, "update": self._update, "delete": self._delete}[name](place, call)
            return
        if (call.args or call.keywords) and name not in ("value", "values"):
            yield Problem(place.source, call, "query-arguments", f"unusual arguments of Query.{name}()", BY_HAND)
            return
        if name == "count":
            yield from self._count(place, call)
            return
        how = self.execution(place, base)
        if isinstance(how, Problem):
            yield how
            return
        narrows = name in ("value", "values") and self._uses.is_combined(base)
        template = self._template(name, how, call) if not narrows else None
        if template is None:
            yield Problem(place.source, call, "query-method", f"Query.{name}() has no equal on a select", BY_HAND)
            return
        holes = (*how.holes, place.hole("q", base), *(place.hole(f"a{i}", a) for i, a in enumerate(call.args)))
        why = f"the session runs the statement of Query.{name}()"
        yield place.edit(call, Replace(template, holes), why, how.imports)

    def _template(self, name: str, how: Execution, call: ast.Call) -> str | None:
        statement = "$q"
        if name == "all":
            return how.result(statement) + ".all()"
        if name == "first":
            links = how.chain.links
            if "from_statement" in how.chain.methods:
                return how.result(statement) + ".first()" if how.chain.exact else None
            if not (how.chain.exact and links and method_of(links[-1]) == "limit" and _is_one(links[-1])):
                statement = "$q.limit(1)"
            if how.either:
                return how.result(statement) + ".first()"
            method, first = ("scalar", "") if how.scalars else ("execute", ".first()")
            return f"{how.session.text}.{method}({how.wrapping.around(statement)}){first}"
        if how.either and name not in ("one", "one_or_none"):
            return None
        if name == "scalar" and _one_row(how):
            return f"{how.session.text}.scalar({how.wrapping.around(statement)})"
        if name in ONE:
            method = "scalar_one_or_none" if name == "scalar" and not how.scalars else ONE[name]
            return f"{how.result(statement)}.{method}()"
        if name == "value" and len(call.args) == 1 and not call.keywords:
            return f"{how.session.text}.scalar($q.with_only_columns($a0))"
        if name == "values" and call.args and not call.keywords:
            names = ", ".join(f"$a{i}" for i in range(len(call.args)))
            return f"{how.session.text}.execute($q.with_only_columns({names}))"
        return None

    def _count(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        assert isinstance(call.func, ast.Attribute)
        base = call.func.value
        chain = chain_of(self._uses, base)
        session = self.session(place, base)
        if isinstance(session, Problem):
            yield session
            return
        if chain.methods & {"from_statement", "autoflush"}:
            why = "this count has options that a count of a subquery does not get"
            yield Problem(place.source, call, "query-method", why, BY_HAND)
            return
        text, imports = session.text, session.imports
        if chain.site is not None and is_plain_count(self._uses, self._shapes, chain.site):
            template = f"{text}.scalar($q)"
        else:
            select, first = place.name(*SELECT)
            func, second = place.name(*FUNC)
            imports = (*imports, *first, *second)
            template = f"{text}.scalar({select}({func}.count()).select_from($q.subquery()))"
        op = Replace(template, (*session.holes, place.hole("q", base)))
        yield place.edit(call, op, "Query.count() counts the rows of the statement", imports)

    def _get(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        assert isinstance(call.func, ast.Attribute)
        chain = chain_of(self._uses, call.func.value)
        keys = [*call.args, *(k.value for k in call.keywords if k.arg == "ident")]
        options = _get_options(place, chain)
        session = self.session(place, call.func.value)
        if (
            chain.site is None
            or isinstance(session, Problem)
            or options is None
            or len(keys) != 1
            or len(call.args) + len(call.keywords) != 1
            or len(self._uses.entities(chain.site)) != 1
            or isinstance(keys[0], ast.Starred)
            or isinstance(self._uses.entities(chain.site)[0], ast.Starred)
            or not chain.methods <= GET_LINKS
        ):
            yield Problem(
                place.source,
                call,
                "query-get",
                "Query.get() of a query that is not plainly of one entity",
                "Use session.get(Model, key).",
            )
            return
        texts, holes = options
        model = entity(self._uses.program, chain.site) if isinstance(chain.site, ast.Attribute) else "$model"
        template = f"{session.text}.get({', '.join([model, '$key', *texts])})"
        parts = (
            *session.holes,
            place.hole("model", self._uses.entities(chain.site)[0]),
            place.hole("key", keys[0]),
            *holes,
        )
        yield place.edit(call, Replace(template, parts), "Query.get() is Session.get()", session.imports)

    def _update(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        values = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "values"), None)
        rest = [*call.args[1:], *(k.value for k in call.keywords if k.arg == "synchronize_session")]
        known = {"values", "synchronize_session"}
        if values is None or len(rest) > 1 or any(k.arg not in known for k in call.keywords):
            yield Problem(place.source, call, "query-arguments", "unusual arguments of Query.update()", BY_HAND)
            return
        yield from self._dml(place, call, "update", values, rest)

    def _delete(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        rest = [*call.args, *(k.value for k in call.keywords if k.arg == "synchronize_session")]
        if len(rest) > 1 or len(call.keywords) + len(call.args) != len(rest):
            yield Problem(place.source, call, "query-arguments", "unusual arguments of Query.delete()", BY_HAND)
            return
        yield from self._dml(place, call, "delete", None, rest)

    def _dml(
        self, place: Place, call: ast.Call, verb: str, values: ast.expr | None, rest: list[ast.expr]
    ) -> Iterator[Decision]:
        assert isinstance(call.func, ast.Attribute)
        base = call.func.value
        session = self.session(place, base)
        if isinstance(session, Problem):
            yield session
            return
        statement = criteria.statement(self._uses, self._shapes, place, base, verb)
        if statement is None:
            yield Problem(
                place.source,
                call,
                f"query-{verb}",
                f"Query.{verb}() of a query that has more than criteria",
                f"Write it as session.execute({verb}(Model).where(...)) by hand.",
            )
            return
        holes = session.holes
        template, imports, more = statement
        if values is not None:
            template += ".values($values)"
            holes = (*holes, place.hole("values", values))
        if rest:
            template += ".execution_options(synchronize_session=$sync)"
            holes = (*holes, place.hole("sync", rest[0]))
        count = "" if isinstance(place.source.parent(call), ast.Expr) else ".rowcount"
        op = Replace(f"{session.text}.execute({template}){count}", (*holes, *more))
        why = f"Query.{verb}() executes {verb.upper()} with the criteria of the query"
        yield place.edit(call, op, why, (*session.imports, *imports))


def _one_row(how: Execution) -> bool:
    """Whether the statement gives one row whatever is in the database."""
    if how.shape.kinds == (Kind.EXISTS,):
        return how.chain.exact and not how.chain.links  # it selects from nothing
    return how.shape.one_row and not how.chain.methods & {"group_by", "having", "limit"}


def _is_one(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 1


def _get_options(place: Place, chain: Chain) -> tuple[list[str], list[Hole]] | None:
    """The arguments of `Session.get` that stand for the links before `get()`."""
    texts: list[str] = []
    holes: list[Hole] = []
    given = [a for call in chain.named("options") for a in call.args]
    options = [o for a in given for o in (a.elts if isinstance(a, (ast.List, ast.Tuple)) else [a])]
    if options:
        texts.append(f"options=[{', '.join(f'$o{i}' for i in range(len(options)))}]")
        holes += [place.hole(f"o{i}", a) for i, a in enumerate(options) if not isinstance(a, ast.Starred)]
        if len(holes) != len(options):
            return None
    if chain.named("populate_existing"):
        texts.append("populate_existing=True")
    for call in chain.named("with_for_update"):
        if call.args or any(k.arg is None for k in call.keywords):
            return None
        values = ", ".join(f'"{k.arg}": {place.source.segment(k.value)}' for k in call.keywords)
        texts.append(f"with_for_update={{{values}}}" if values else "with_for_update=True")
    return texts, holes

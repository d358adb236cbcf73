"""`union()` and its kin: a Query selects from what its operands give together, 2.0 style runs the compound statement.

Rows of columns are those of the compound statement. Instances are read from it with `from_statement()`, as SQLAlchemy
2.0 "Selecting Entities from UNIONs and other set operations" says. What else a Query can do to its rows (criteria,
joins, an order by what is not selected) would need an alias for them, to which Query adapts later links silently: such
a query stays. The results of all forms were compared on SQLite and PostgreSQL with SQLAlchemy 1.4, 2.0 and 2.1.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Ext
from asyncify.knowledge.query_methods import (
    COMPOUND_LINKS,
    METHODS,
    MULTIPLYING,
    RUN_LINKS,
    SEPARATE_LOADS,
    SET_OPERATIONS,
    WIDENING,
    Becomes,
)
from asyncify.model.edit import Import
from asyncify.model.ops import AppendCall, Hole, RenameAttribute, Replace
from asyncify.transforms.query.chains import Chain, chain_of, outward
from asyncify.transforms.query.decisions import LABELS, SELECT, Decision, Place, Problem
from asyncify.transforms.query.naming import entity_text
from asyncify.transforms.query.row_names import Names, row_names
from asyncify.transforms.query.shapes import Shape, Shapes
from asyncify.transforms.query.uniqueness import CRITERIA, foreign, mentioned
from asyncify.transforms.query.uses import Uses, method_of

BY_HAND = "Write it with union() and, for instances, select(aliased(Model, union(...).subquery())) by hand."
ORDERS = frozenset({"desc", "asc", "nulls_first", "nulls_last", "nullsfirst", "nullslast"})
#: methods that are given a compound statement and do not ask for the names of its columns
READ_BY_COLUMN = frozenset({"from_statement", "in_", "not_in", "notin_"})
#: loader settings that add joins or a subquery to the statement, which a given statement cannot have
JOINING = frozenset({"joined", "subquery", "False"})


@dataclass(frozen=True)
class Wrapping:
    """What reads instances from a compound statement, or is said of the rows of a plain one.

    before: source up to the statement; a bracket closes it. after: a last link.
    """

    before: str
    holes: tuple[Hole, ...] = ()
    imports: tuple[Import, ...] = ()
    after: str = ""

    def around(self, statement: str) -> str:
        """Source of the statement that is run."""
        return f"{self.before}{statement}){self.after}" if self.before else f"{statement}{self.after}"


class SetOperations:
    """Decides on set operations, on what is called on them and on how they are run."""

    def __init__(self, uses: Uses, shapes: Shapes) -> None:
        self._uses = uses
        self._shapes = shapes

    def combine(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        """`query.union(...)` itself: a select has it too, a compound statement has not."""
        assert isinstance(call.func, ast.Attribute)
        base = call.func.value
        why = self._obstacle(call, base)
        if why:
            yield _problem(place, call, why)
        elif self._uses.is_combined(base) and isinstance(base, ast.Call):
            assert isinstance(base.func, ast.Attribute)
            operands = [*base.args, *call.args]
            holes = (place.hole("q", base.func), *(place.hole(f"a{i}", a) for i, a in enumerate(operands)))
            names = ", ".join(f"$a{i}" for i in range(len(operands)))
            yield place.edit(call, Replace(f"$q({names})", holes), f"{method_of(call)}() takes several selects")

    def _obstacle(self, call: ast.Call, base: ast.expr) -> str:
        """Why the operands of a set operation cannot be combined as selects; empty where they can."""
        operands = [base, *call.args]
        if call.keywords or len(operands) < 2 or any(o not in self._uses.holds for o in operands):
            return "not every operand is known to be a query"
        if any(self._uses.is_combined(o) for o in call.args):
            return "an operand combines queries itself"
        if self._uses.is_combined(base) and not (
            isinstance(base, ast.Call) and method_of(base) == method_of(call) and method_of(call).startswith("union")
        ):
            return "this combines what was combined differently, or ordered or limited, before"
        shape = self._shapes.of(base, as_rows=False)
        if shape is None or not (shape.single or not shape.uniquing):
            return "this combines queries of instances and columns together"
        chain = chain_of(self._uses, base)
        if chain.methods & RUN_LINKS or any(chain_of(self._uses, o).methods & RUN_LINKS for o in call.args):
            return "an operand says how it runs"
        if shape.single:
            return self._instances(base, chain)
        if row_names(self._uses, base, chain) is not Names.APART:
            return "several columns have one name"
        return self._columns(base)

    def _columns(self, base: ast.expr) -> str:
        """Rows of a Query are named after attributes, those of a compound statement after columns."""
        for site in self._uses.holds[base].sites:
            for argument in self._uses.entities(site):
                if isinstance(argument, ast.Attribute):
                    for value in self._uses.program.values(argument.value):
                        if isinstance(value, Cls) and not self._is_column_of_that_name(value.info, argument.attr):
                            return f"{argument.attr} is not the name of a column"
        return ""

    def _is_column_of_that_name(self, info: ClassInfo, name: str) -> bool:
        column = self._uses.program.orm.columns(info).get(name)
        if column is None:
            return False
        first = column.call.args[0] if column.call is not None and column.call.args else None
        given = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else name
        return given == name

    def _instances(self, base: ast.expr, chain: Chain) -> str:
        model = self._model(base)
        if model is None:
            return "the model of this query is not known"
        if any(r.lazy in JOINING for r in self._uses.program.orm.relationships(model).values()):
            return "the model loads relationships with joins, which a given statement cannot have"
        if chain.named("options") and not (chain.site is not None and outward(self._uses, chain.site).end is not None):
            return "loader options of an operand count for all"
        return ""

    def _model(self, node: ast.expr) -> ClassInfo | None:
        for site in self._uses.ancestry(self._uses.holds[node].sites) - self._uses.reshaped:
            for entity in self._uses.entities(site):
                found = [v.info for v in self._uses.program.values(entity) if isinstance(v, Cls)]
                return found[0] if len(found) == 1 else None
        return None

    def link(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        """A link on a set operation."""
        assert isinstance(call.func, ast.Attribute)
        base, name = call.func.value, method_of(call)
        shape = self._shapes.of(base, as_rows=False)
        if name == "options" and shape is not None and shape.single and chain_of(self._uses, call).exact:
            yield self.without(place, call)
        elif (
            name == "distinct"
            and not call.args
            and not self._uses.keeps_repeats(base)
            and not self._uses.is_mixed(base)
        ):
            op = Replace("$base", (place.hole("base", base),))
            yield place.edit(call, op, "the rows of this set operation are distinct already")
        elif name in ("subquery", "cte") and all(k.arg in ("name", "recursive") for k in call.keywords):
            yield from self._subquery(place, call)
        elif name == "order_by" and shape is not None and all(self._orders(base, a, shape) for a in call.args):
            return
        elif name in COMPOUND_LINKS or (name == "yield_per" and shape is not None and not shape.single):
            row = METHODS[name]
            if row.becomes is Becomes.RENAMED:
                yield place.edit(call.func, RenameAttribute(row.to), f"Query.{name}() is {row.to}() here")
        else:
            yield _problem(place, call, f"{name}() of combined queries would need an alias for them")

    def _subquery(self, place: Place, call: ast.Call) -> Iterator[Decision]:
        """Its columns are named after those of the first operand, which a Query labels with their tables."""
        assert isinstance(call.func, ast.Attribute)
        combined = chain_of(self._uses, call.func.value).combined
        if is_labelled(self._uses, call.func.value):
            return
        if combined is None:
            yield _problem(place, call, "the columns of this subquery have names that a compound statement has not")
            return
        assert isinstance(combined.func, ast.Attribute)
        style, imports = place.name(LABELS)
        why = "the columns of the subquery keep their names"
        yield place.edit(combined.func.value, AppendCall("set_label_style", style), why, imports)

    def moves(self, call: ast.Call) -> bool:
        """Whether a link is loader options of a query of instances that is combined with others afterwards."""
        chain = chain_of(self._uses, call)
        if method_of(call) != "options" or chain.site is None:
            return False
        after = outward(self._uses, chain.site)
        return bool(after.methods & SET_OPERATIONS) and self._shapes.of_site(chain.site).single

    def without(self, place: Place, call: ast.Call) -> Decision:
        """A query without a link: its loader options go to the select that reads the instances."""
        assert isinstance(call.func, ast.Attribute)
        op = Replace("$base", (place.hole("base", call.func.value),))
        return place.edit(call, op, "the options are those of the select that reads the instances")

    def wrapping(self, place: Place, node: ast.expr, shape: Shape) -> Wrapping | Problem:
        """How instances or rows are read from the set operation in an expression."""
        if not shape.single:
            return Wrapping("")
        text = entity_text(self._uses, place, node)
        if text is None:
            return _problem(place, node, "the entity of this query has no name here")
        select, imports = place.name(*SELECT)
        options = self._options(node)
        if options is None:
            return _problem(place, node, "these loader options cannot be those of a given statement")
        holes = tuple(place.hole(f"o{i}", o) for i, o in enumerate(options))
        given = f".options({', '.join(f'$o{i}' for i in range(len(options)))})" if options else ""
        return Wrapping(f"{select}({text}){given}.from_statement(", holes, imports)

    def _options(self, node: ast.expr) -> list[ast.expr] | None:
        """The loader options for the instances of a set operation; None for such as join."""
        chain = chain_of(self._uses, node)
        found = [o for call in chain.named("options") for o in call.args]
        while isinstance(chain.combined, ast.Call) and isinstance(chain.combined.func, ast.Attribute):
            chain = chain_of(self._uses, chain.combined.func.value)
            found = [*(o for call in chain.named("options") for o in call.args), *found]
        return found if all(self._loads_apart(o) for o in found) else None

    def _loads_apart(self, option: ast.expr) -> bool:
        while isinstance(option, ast.Call):
            if not isinstance(option.func, ast.Attribute) or any(
                isinstance(v, Ext) for v in self._uses.program.values(option.func)
            ):
                names = [v.name for v in self._uses.program.values(option.func) if isinstance(v, Ext)]
                return len(names) == 1 and names[0].rpartition(".")[2] in SEPARATE_LOADS
            if option.func.attr not in SEPARATE_LOADS:
                return False
            option = option.func.value
        return False

    def _orders(self, base: ast.expr, term: ast.expr, shape: Shape) -> bool:
        """Whether a term of ORDER BY names a column of the compound statement: databases take nothing else there."""
        while isinstance(term, ast.Call) and not (isinstance(term.func, ast.Attribute) and term.func.attr == "label"):
            inner = term.func.value if isinstance(term.func, ast.Attribute) and not term.args else None
            name = term.func.attr if isinstance(term.func, ast.Attribute) else getattr(term.func, "id", "")
            if name == "text" and not shape.single:
                return True
            if name not in ORDERS or len(term.args) > 1:
                return False
            term = inner if inner is not None else term.args[0]
        if isinstance(term, ast.Constant):
            return (isinstance(term.value, str) and not shape.single) or term.value is None
        if not isinstance(term, ast.Attribute) or not self._of_one_table(base):
            return False
        return (shape.single and self._is_own(base, term)) or ast.unparse(term) in self._selected(base)

    def _is_own(self, base: ast.expr, term: ast.Attribute) -> bool:
        model = self._model(base)
        owner = [v.info for v in self._uses.program.values(term.value) if isinstance(v, Cls)]
        return model is not None and owner == [model] and term.attr in self._uses.program.orm.columns(model)

    def _selected(self, base: ast.expr) -> set[str]:
        sites = self._uses.ancestry(self._uses.holds[base].sites) - self._uses.reshaped
        selected = [{ast.unparse(e) for e in self._uses.entities(site)} for site in sites]
        return set.intersection(*selected) if selected else set()

    def _of_one_table(self, node: ast.expr) -> bool:
        """Whether the first operands select from one table: with several, SQLite does not find a column by its name."""
        program = self._uses.program
        for site in self._uses.ancestry(self._uses.holds[node].sites) - self._uses.reshaped:
            models = {m for entity in self._uses.entities(site) for m in mentioned(program, entity)}
            model = models.pop() if len(models) == 1 else None
            above = [c for c in program.classes.ancestors(model) if isinstance(c, ClassInfo)] if model else []
            if model is None or (_has_table(model) and any(c is not model and _has_table(c) for c in above)):
                return False
            for call in self._uses.links.get(site, ()):
                name = method_of(call)
                if name in MULTIPLYING | WIDENING | {"with_entities"}:
                    return False
                if name in CRITERIA and foreign(program, call, {model}):
                    return False
        return True


def is_labelled(uses: Uses, node: ast.expr) -> bool:
    """Whether everything that a query selects has a name of its own."""
    return all(
        isinstance(entity, ast.Call) and isinstance(entity.func, ast.Attribute) and entity.func.attr == "label"
        for site in uses.ancestry(uses.holds[node].sites) - uses.reshaped
        for entity in uses.entities(site)
    )


def first_operand(uses: Uses, place: Place, call: ast.Call, node: ast.expr) -> Iterator[Decision]:
    """`union(query, ...)` of SQLAlchemy itself: its columns have the labels of the query, with the names of tables."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    around = place.source.parent(call)
    read = isinstance(around, ast.Call) and method_of(around) in READ_BY_COLUMN
    if name in SET_OPERATIONS and call.args[:1] == [node] and not read and not is_labelled(uses, node):
        style, imports = place.name(LABELS)
        yield place.edit(node, AppendCall("set_label_style", style), "the columns keep their names", imports)


def _has_table(info: ClassInfo) -> bool:
    return "__tablename__" in info.attributes or "__table__" in info.attributes


def _problem(place: Place, node: ast.AST, message: str) -> Problem:
    return Problem(place.source, node, "query-set-operation", message, BY_HAND)

"""What surrounds an expression that holds a query: what must change there, or why it cannot."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, Inst, Member, Obj, Value, has
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import ITERATING, METHODS, MULTIPLYING, SUBQUERY_TAKERS, Becomes
from asyncify.model.ops import Replace
from asyncify.transforms.query.annotations import is_query_class, select_name
from asyncify.transforms.query.answered import answering_lists
from asyncify.transforms.query.chains import chain_of
from asyncify.transforms.query.decisions import Decision, Place, Places, Problem
from asyncify.transforms.query.flows import Flows
from asyncify.transforms.query.links import link
from asyncify.transforms.query.query_classes import changes_queries, extends_query
from asyncify.transforms.query.row_names import describes_alike
from asyncify.transforms.query.runs import BY_HAND, Runs
from asyncify.transforms.query.set_operations import first_operand
from asyncify.transforms.query.shapes import Kind, Shapes, classify
from asyncify.transforms.query.slices import is_negative, slice_links
from asyncify.transforms.query.takers import hand_over, taker_of
from asyncify.transforms.query.trails import Trails
from asyncify.transforms.query.uses import Use, Uses, is_of_tests, link_around, method_of, only_tests_give

HARMLESS = frozenset({"builtins.str", "builtins.print", "builtins.repr", "builtins.id", "builtins.type"})
WHY = "a query is run by iterating over it, a select by its session"


class Contexts:
    """Decides on each use of a query by what stands around it."""

    def __init__(self, uses: Uses, shapes: Shapes, places: Places) -> None:
        self._uses = uses
        self._shapes = shapes
        self.trails = Trails(uses)
        self.runs = Runs(uses, shapes, self.trails)
        self._flows = Flows(uses)
        self._places = places

    def decide(self, use: Use) -> Iterator[Decision]:
        """Edits for the surroundings of one expression."""
        node, place = use.node, self._places.of(use.source)
        if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            return
        if self._in_annotation(use):
            return
        parent = use.source.parent(node)
        if isinstance(parent, ast.Call) and self._is_checked(parent, node):
            yield from self._checked(use, place, parent)
            return
        if isinstance(node, ast.BoolOp) and self._only_tested(use, node):
            return  # `if query and query.count():` - what counts is the truth of each operand
        others = [v for v in self._uses.program.values(node) if not _is_query(v) and not is_of_tests(v)]
        own = [v.info for v in others if isinstance(v, Obj) and extends_query(self._uses.program, v.info)]
        if any(changes_queries(self._uses.program, info) for info in own):
            yield self._problem(use, "query-class", f"{own[0].name} changes what a query does")
            return
        if len(others) > len(own) and not isinstance(parent, (ast.Return, ast.Assign, ast.AnnAssign, ast.IfExp)):
            if not only_tests_give(self._uses.program, use.source, node):
                yield self._problem(use, "query-mixed", "this can be a query or something else")
                return
        if isinstance(parent, ast.Attribute):
            yield from self._attribute(use, place, parent)
        elif isinstance(parent, ast.Call):
            yield from self._argument(use, place, parent)
        elif isinstance(parent, ast.Assign) and any(isinstance(t, (ast.Tuple, ast.List)) for t in parent.targets):
            yield from self._iterated(use, place, node)
        elif isinstance(parent, ast.keyword):
            call = use.source.parent(parent)
            assert isinstance(call, (ast.Call, ast.ClassDef))
            if isinstance(call, ast.Call):
                yield from self._argument(use, place, call)
        elif isinstance(parent, (ast.Starred, ast.YieldFrom)) or getattr(parent, "iter", None) is node:
            yield from self._iterated(use, place, node)
        elif isinstance(parent, ast.Subscript) and parent.value is node:
            yield from self._subscript(use, place, parent)
        elif isinstance(parent, ast.Compare):
            yield from self._compare(use, place, parent)
        elif isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
            yield place.edit(parent, Replace("$q is None", (place.hole("q", node),)), "a select has no truth value")
        elif self._is_test(use, node):
            yield place.edit(node, Replace("$it is not None"), "a select has no truth value")
        elif isinstance(parent, ast.BoolOp) and self._has_default(use, parent):
            parts = (place.hole("q", node), place.hole("other", parent.values[1]))
            yield place.edit(parent, Replace("$q if $q is not None else $other", parts), "a select has no truth value")
        elif isinstance(parent, ast.Return) and self._uses.program.function_of(node) in self._answering:
            yield from self._iterated(use, place, node, ".all()")
        else:
            yield from self._flows.decide(use, parent)

    @cached_property
    def _answering(self) -> frozenset[FunctionInfo]:
        return answering_lists(self._uses.program)

    def _has_default(self, use: Use, choice: ast.BoolOp) -> bool:
        """`query or other`, where another form of it needs no parentheses and reads a plain name twice."""
        first, around = choice.values[0], use.source.parent(choice)
        plain = isinstance(around, (ast.Assign, ast.AnnAssign, ast.Return, ast.Attribute, ast.keyword, ast.Call))
        two = isinstance(choice.op, ast.Or) and len(choice.values) == 2 and first is use.node
        return two and plain and isinstance(first, (ast.Name, ast.Attribute))

    def _is_checked(self, call: ast.Call, node: ast.expr) -> bool:
        """Whether a call is `isinstance(query, ...)`."""
        callees = self._uses.program.values(call.func)
        return callees == {Ext("builtins.isinstance")} and len(call.args) == 2 and call.args[0] is node

    def _checked(self, use: Use, place: Place, call: ast.Call) -> Iterator[Decision]:
        """`isinstance(query, Query)`: what is a Query now will be a Select."""
        classes = call.args[1].elts if isinstance(call.args[1], ast.Tuple) else [call.args[1]]
        for node in classes:
            if is_query_class(self._uses, use.source, node):
                name, imports = select_name(self._uses, place)
                drops = (node.id,) if isinstance(node, ast.Name) else ()
                yield place.edit(node, Replace(name), "what was a Query is a Select now", imports, drops)

    def _in_annotation(self, use: Use) -> bool:
        child: ast.AST = use.node
        while (parent := use.source.parent(child)) is not None and not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.arg) and parent.annotation is child:
                return True
            child = parent
        return (isinstance(parent, ast.AnnAssign) and parent.annotation is child) or (
            isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)) and parent.returns is child
        )

    def _problem(self, use: Use, code: str, message: str) -> Problem:
        return Problem(use.source, use.node, code, message, BY_HAND)

    def _attribute(self, use: Use, place: Place, attribute: ast.Attribute) -> Iterator[Decision]:
        call = link_around(use.source, use.node)
        row = METHODS.get(attribute.attr)
        if attribute.attr == "session":
            assert isinstance(use.node, ast.expr)
            session = self.runs.session(place, use.node)
            if isinstance(session, Problem):
                yield session
            else:
                op = Replace(session.text, session.holes)
                yield place.edit(attribute, op, "a select has no session", session.imports)
        elif not any(isinstance(v, Member) for v in self._uses.program.values(attribute)):
            yield self._problem(use, "query-method", f"what .{attribute.attr} is here is not known")
        elif call is not None and row is not None and row.becomes is Becomes.RUNS:
            yield from self.runs.terminal(place, call)
        elif call is not None:
            yield from link(self._uses, self._shapes, place, call)
        elif row is not None and row.becomes is Becomes.SELF and not self._uses.is_combined(use.node):
            op = Replace("$q", (place.hole("q", use.node),))
            yield place.edit(attribute, op, f"a select is its own {attribute.attr}")
        elif attribute.attr == "column_descriptions":
            if not describes_alike(self._uses, use.node):
                message = "a select describes columns of one name, and those without a name, by other names"
                yield self._problem(use, "query-row-names", message)
        elif attribute.attr != "whereclause":
            yield self._problem(use, "query-method", f"Query.{attribute.attr} has no equal on a select")

    def _iterated(self, use: Use, place: Place, node: ast.expr, end: str = "") -> Iterator[Decision]:
        how = self.runs.execution(place, node)
        if isinstance(how, Problem):
            yield how
        else:
            yield place.edit(node, Replace(how.result("$it") + end, how.holes), WHY, how.imports)

    def _argument(self, use: Use, place: Place, call: ast.Call) -> Iterator[Decision]:
        """The query is an argument."""
        program = self._uses.program
        callees = program.values(call.func)
        library = {v.name for v in callees if isinstance(v, Ext)}
        if library & ITERATING or any(n.startswith("itertools.") for n in library):
            if library == {"builtins.list"} and len(call.args) == 1 and isinstance(use.node, ast.expr):
                how = self.runs.execution(place, use.node)
                if isinstance(how, Problem):
                    yield how
                    return
                holes = (*how.holes, place.hole("q", use.node))
                yield place.edit(call, Replace(f"{how.result('$q')}.all()", holes), WHY, how.imports)
            elif isinstance(use.node, ast.expr):
                # a result has keys(), so that dict() takes it for a mapping
                yield from self._iterated(use, place, use.node, ".all()" if "builtins.dict" in library else "")
            return
        if library == {"builtins.bool"} and isinstance(use.node, ast.expr):
            op = Replace("($q is not None)", (place.hole("q", use.node),))
            yield place.edit(call, op, "a select has no truth value")
            return
        if names.GREENLET_SPAWN in library:  # the work of an earlier run
            yield self._problem(use, "query-escapes", "this query is run in a greenlet as it is")
            return
        if library & HARMLESS:
            return
        if (taker := taker_of(program, call)) is not None:
            yield from hand_over(taker, place, call, use.node, self.runs.session)
            return
        if library and all(n.startswith(("sqlalchemy.", "sqlmodel.")) for n in library):
            if isinstance(use.node, ast.expr):
                yield from first_operand(self._uses, place, call, use.node)
            return
        if any(isinstance(v, Member) and _takes_selects(v.base) for v in callees):
            row = METHODS.get(method_of(call))
            to_query = any(isinstance(v, Member) and _is_query(v.base) for v in callees)
            opaque = self._uses.is_combined(use.node) and row is not None and row.name in MULTIPLYING
            if to_query and (row is None or row.becomes is Becomes.REPORTED or opaque):
                yield self._problem(use, "query-method", f"this query goes into .{method_of(call)}() of another one")
            return
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in SUBQUERY_TAKERS
            and all(isinstance(v, Member) for v in callees)
        ):
            return
        yield from self._flows.argument(use, call)

    def _compare(self, use: Use, place: Place, compare: ast.Compare) -> Iterator[Decision]:
        assert isinstance(use.node, ast.expr)
        if all(isinstance(op, (ast.Is, ast.IsNot)) for op in compare.ops):
            return
        if len(compare.ops) == 1 and isinstance(compare.ops[0], (ast.In, ast.NotIn)) and compare.left is not use.node:
            yield from self._iterated(use, place, use.node)
            return
        others = [n for n in (compare.left, *compare.comparators) if n is not use.node]
        columns = (Kind.COLUMN, Kind.AGGREGATE, Kind.EXISTS, Kind.UNHASHABLE)
        plain = any(n in self._uses.holds or isinstance(n, ast.Constant) for n in others)
        if plain or not all(classify(self._uses.program, use.source, n) in columns for n in others):
            yield self._problem(use, "query-compared", "a query is compared here")

    def _only_tested(self, use: Use, node: ast.AST) -> bool:
        parent = use.source.parent(node)
        return self._is_test(use, node) or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))

    def _is_test(self, use: Use, node: ast.AST) -> bool:
        """Whether only the truth of an expression matters."""
        parent = use.source.parent(node)
        if isinstance(parent, ast.BoolOp):
            return self._only_tested(use, parent)
        if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            return parent.test is node
        return isinstance(parent, ast.comprehension) and node in parent.ifs

    def _subscript(self, use: Use, place: Place, subscript: ast.Subscript) -> Iterator[Decision]:
        assert isinstance(use.node, ast.expr)
        how = self.runs.execution(place, use.node)
        if isinstance(how, Problem):
            yield how
            return
        chain = chain_of(self._uses, use.node)
        limited = not chain.exact or bool({method_of(c) for c in chain.links} & {"limit", "offset", "slice"})
        built = slice_links(place, subscript.slice, limited)
        if built is None and self._uses.library.is_before_2 and is_negative(subscript.slice):
            built = "", f"[{place.source.segment(subscript.slice)}]", ()  # Query fetches all there
        if built is None:
            yield self._problem(use, "query-index", "this index of a query cannot be told in SQL")
            return
        link_text, after, holes = built
        template = f"{how.result('$q' + link_text)}.all(){after}"
        op = Replace(template, (*how.holes, place.hole("q", use.node), *holes))
        yield place.edit(subscript, op, "a slice of a query is LIMIT and OFFSET", how.imports)


def _is_query(value: Value) -> bool:
    return has(frozenset({value}), names.QUERY)


def _takes_selects(base: Inst) -> bool:
    kinds = (
        names.QUERY,
        names.SELECT,
        names.CTE,
        names.SESSION,
        names.SCOPED_SESSION,
        names.SQLMODEL_SESSION,
        "relationship",
    )
    return base.type in kinds

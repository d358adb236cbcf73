"""Loads beside the one who reads: for instances whose loading place serves others too, or cannot name their class."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from textwrap import indent

from asyncify.analysis.async_attrs import read_of
from asyncify.analysis.evaluated import behind, is_always_evaluated
from asyncify.analysis.expiry.events import STORES
from asyncify.analysis.expiry.flow import LOOPS
from asyncify.analysis.joined_rows import joins_rows
from asyncify.analysis.primary_keys import primary_key
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach, Route
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Inst, Member, Obj, Values, objects
from asyncify.knowledge.object_factories import FACTORY
from asyncify.model.edit import Edit
from asyncify.model.ops import EditParameters, Hole, InsertStatements, ReplaceStatement
from asyncify.model.span import Place, Target
from asyncify.transforms.eager.awaited import are_awaited
from asyncify.transforms.eager.borrowed import Borrowed
from asyncify.transforms.eager.circles import leads_back, outlives
from asyncify.transforms.eager.lines import WIDTH, selection
from asyncify.transforms.eager.loads import walks
from asyncify.transforms.eager.members import may_be_other, may_hold_others
from asyncify.transforms.eager.naming import Namer, free_local, snake
from asyncify.transforms.eager.option_values import OptionReader
from asyncify.transforms.eager.options import Renderer, Style, Tree
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.refreshing import because
from asyncify.transforms.eager.repeated import FORGETS, is_loaded_before
from asyncify.transforms.eager.session_calls import is_construction, session_call
from asyncify.transforms.eager.sessions import Access, session_in
from asyncify.transforms.eager.sources import Tracer

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Spot:
    """Where a reader's instances can be loaded.

    expression: what holds them (a name, or the call that is returned). statement: the load goes before it.
    many: a list of them. optional: it may be None there. session: the one that is at hand there. made: they came out of
    no statement, so that what the mapping loads is not there.
    """

    path: str
    function: FunctionInfo
    expression: ast.expr
    statement: ast.stmt
    info: ClassInfo
    many: bool
    optional: bool
    session: Access
    made: bool = False


class Late:
    """Finds and writes late loads. text_keyed: models of which a statement may give other instances than are there."""

    def __init__(self, program: Program, routes: list[Route], reach: Reach, text_keyed: Collection[ClassInfo]) -> None:
        self._text_keyed = text_keyed
        self.program = program
        self._options = OptionReader(program, Tracer(program))
        self._routes = {route.function: route for route in routes}
        self._borrowed = Borrowed(program, self._routes, reach)

    def spot(self, reader: Reader, site: ast.AST, steps: Steps) -> Spot | None:
        """Where the instances of a loading place can be loaded for one reader; None where that cannot be.

        Outside of routes an instance comes from anywhere, often with all that is read of it: a load beside the reader
        would always send a statement, a lazy one does not. Only code that reads a collection gets one there.
        """
        function = self.program.function_of(reader.node)
        if function is None or not isinstance(reader.node, ast.expr):
            return None
        expression = self._expression(reader, site, function)
        if expression is None:
            return None
        found = list(self._direct(self.program.values(expression), site))
        classes = {o.info for o in found}
        others = {o.info for o in objects(self.program.values(expression))} - classes
        # a key of one class says nothing of the others
        if len(classes) != 1 or not all(self.program.classes.are_kin(info, *classes) for info in others):
            return None
        many = not any(o in self.program.values(expression) for o in found)
        statement = self._statement(function, reader, expression)
        info = classes.pop()
        if info in self._text_keyed or not (many or self._is_always_needed(reader, function, info, steps[0])):
            return None
        if statement is None or len(primary_key(self.program, info)) != 1:
            return None
        session = session_in(self.program, function, statement) or self._borrowed.parameter(function)
        if session is None:
            return None
        perhaps = self._optional(reader, function) or not self._is_read_by(statement, reader)
        optional = not many and (perhaps or may_be_other(self.program, expression))
        made = isinstance(site, ast.Call) and (is_construction(self.program, site) or is_of_factory(self.program, site))
        return Spot(function.path, function, expression, statement, info, many, optional, session, made)

    def _is_always_needed(self, reader: Reader, function: FunctionInfo, info: ClassInfo, name: str) -> bool:
        """Whether a lazy load of one instance would most likely send a statement too."""
        if reader.kind != "code":
            return function in self._routes
        relationship = self.program.orm.relationship(info, name)
        return relationship is not None and relationship.collection

    def _is_read_by(self, statement: ast.stmt, reader: Reader) -> bool:
        """Whether a statement cannot run where there is no instance to read from."""
        source = self.program.modules[reader.path].source
        here = source.statement(reader.node) is statement
        return reader.kind != "code" or (here and is_always_evaluated(source, reader.node))

    def _direct(self, values: Values, site: ast.AST) -> Iterator[Obj]:
        """The instances that are, or are listed in, some values."""
        lists = (v.args[0] for v in values if isinstance(v, Inst) and v.type == "list" and v.args)
        for part in (values, *lists):
            for found in objects(part):
                if found.origin is not None and found.origin.site is site and not found.origin.steps:
                    yield found

    def _expression(self, reader: Reader, site: ast.AST, function: FunctionInfo) -> ast.expr | None:
        """The expression nearest to the reader that holds the instances themselves."""
        stack: list[ast.AST] = [reader.node]
        while stack:
            node = stack.pop(0)
            if isinstance(node, ast.expr) and any(self._direct(self.program.values(node), site)):
                whole = node is reader.node and isinstance(node, (ast.Call, ast.Await))
                if isinstance(node, ast.Name) or (whole and reader.kind == "schema"):
                    return node
            if not isinstance(node, FUNCTIONS):
                stack.extend(ast.iter_child_nodes(node))
        if reader.kind != "code":
            return None
        # a read further down (`item.product` in a loop over `order.items`): the name from which the walk began;
        # not one that is only compared or tested, which may be None there
        found: list[ast.expr] = []
        for attribute in ast.walk(function.node):
            node = attribute.value if isinstance(attribute, ast.Attribute) else attribute
            if not isinstance(attribute, ast.Attribute) or not isinstance(node, ast.Name):
                continue
            if node.lineno <= reader.node.lineno:  # type: ignore[attr-defined]
                if any(self._direct(self.program.values(node), site)) and self._leads_to(function, node, reader.node):
                    found.append(node)
        # where something is stored or refreshed behind the first of them, one behind that
        calls = [c for n in function.nodes if (c := session_call(self.program, n, *STORES, *FORGETS)) is not None]
        last = max((c.lineno for c in calls if c.lineno < reader.node.lineno), default=0)  # type: ignore[attr-defined]
        return next((node for node in found if node.lineno > last), max(found, key=lambda n: n.lineno, default=None))

    def _leads_to(self, function: FunctionInfo, node: ast.AST, reader: ast.AST) -> bool:
        """Whether a reader stands in the block of a node, or deeper: not in another branch."""
        source = function.source
        block = source.parent(source.statement(node))
        current: ast.AST | None = reader
        while current is not None and current is not block:
            current = source.parent(current)
        return current is not None

    def _statement(self, function: FunctionInfo, reader: Reader, expression: ast.expr) -> ast.stmt | None:
        """The statement before which the load goes: outside of loops that read."""
        source = function.source
        if _is_of_comprehension(function, expression):
            return None
        statement = source.statement(reader.node if reader.kind != "code" else expression)
        found: ast.stmt = statement
        node: ast.AST | None = source.parent(statement)
        while node is not None and node is not function.node:
            if isinstance(node, FUNCTIONS):
                return None
            if isinstance(node, LOOPS):
                target = getattr(node, "target", None)
                if isinstance(expression, ast.Name) and target is not None and _stores(target, expression.id):
                    return None
                if isinstance(expression, ast.Name) and _stores(node, expression.id):
                    break  # each turn has another instance
                found = node
            node = source.parent(node)
        return None if _is_inside_lambda(function, reader.node, found) else found

    def _optional(self, reader: Reader, function: FunctionInfo) -> bool:
        """Whether None may stand for the instance when it is read."""
        if reader.kind == "template":
            return True
        route = self._routes.get(function)
        if reader.kind == "schema" and route is not None and route.response is not None:
            text = ast.unparse(route.response[0])
            return "None" in text or "Optional" in text
        return False

    def covers(self, first: Spot, second: Spot) -> bool:
        """Whether a load at one spot is still good at another: always on the way there, the name unchanged."""
        source = first.function.source
        block = source.parent(first.statement)
        node: ast.AST | None = second.statement
        while node is not None and source.parent(node) is not block:
            node = source.parent(node)
        bodies = (getattr(block, name, None) for name in ("body", "orelse", "finalbody"))
        same = any(isinstance(b, list) and first.statement in b and node in b for b in bodies)
        if node is None or not same or first.statement.lineno > second.statement.lineno:
            return False
        name = first.expression.id if isinstance(first.expression, ast.Name) else ""
        stored = (n for n in ast.walk(first.function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        return not any(n.id == name and first.statement.lineno <= n.lineno < second.statement.lineno for n in stored)

    def _there(self, spot: Spot) -> set[Steps]:
        """The paths that a load like those written here, for the same name in the same function, has already."""
        return {steps for _, found in self._loads_of(spot.function, spot.expression) for steps in found}

    def is_there(self, reader: Reader, name: str) -> bool:
        """Whether such a load stands before code that reads a relationship of an instance of which nothing else is
        known, and the name still means the same."""
        function, node = self.program.function_of(reader.node), reader.node
        if function is None or not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return False
        source, own = function.source, node.value.id
        for statement, paths in self._loads_of(function, node.value):
            following = behind(source, statement)
            reading = next((s for s in following if any(inner is node for inner in ast.walk(s))), None)
            between = following[: following.index(reading)] if reading is not None else following
            if (name,) in paths and reading is not None and not any(_stores(s, own) for s in between):
                return True
        return False

    def _loads_of(self, function: FunctionInfo, expression: ast.expr) -> Iterator[tuple[ast.stmt, set[Steps]]]:
        """The loads like those written here for an expression in a function, each with the paths that it has."""
        wanted = ast.dump(expression)
        for node in ast.walk(function.node):
            value: ast.expr | None = None
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
                given = node.comparators[0]
                given = given.value if isinstance(given, ast.Await) else given
                read = read_of(self.program, given)
                value = read[0] if read is not None else given.value if isinstance(given, ast.Attribute) else None
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "in_" and node.args:
                value = node.args[0].generators[0].iter if isinstance(node.args[0], ast.ListComp) else None
            if value is not None and ast.dump(value) == wanted:
                yield function.source.statement(node), self._options_around(function, node)

    def _options_around(self, function: FunctionInfo, node: ast.AST) -> set[Steps]:
        """The options of the statement that has a condition."""
        statement = function.source.statement(node)
        calls = (n for n in ast.walk(statement) if isinstance(n, ast.Call) and getattr(n.func, "attr", "") == "options")
        return {e.steps for call in calls for a in call.args for e in self._options.parse(function.path, a) if e.loads}

    # -- edits ---------------------------------------------------------------------------------------

    def edits(self, spot: Spot, readers: Mapping[Steps, list[Reader]]) -> list[Edit] | None:
        """The load. None where a class has no name in the file, or where what is read is awaited there."""
        left = {
            steps: unread
            for steps, found in readers.items()
            if (unread := [r for r in found if not is_loaded_before(self.program, r, steps)])
            and (steps[:-1] in readers or not self._is_back(spot.info, steps, readers))
        }
        if not left:
            return []
        # what is async already has no step behind this one
        plain = not spot.many and not spot.session.waits
        if plain and are_awaited(self.program, spot.function, left, optional=spot.optional):
            return None
        paths = because({steps: found[0] for steps, found in left.items()})
        namer = Namer(self.program, spot.path)
        model = namer.model(spot.info)
        style = Style(one_row=not spot.many, made=spot.made)
        if model is None or not all(walks(self.program, spot.path, spot.info, steps) for steps in paths):
            return None
        there = self._there(spot)
        missing = [steps for steps in paths if steps not in there]
        # what the mapping loads with what is there needs no load
        probe = Renderer(self.program, Namer(self.program, spot.path), configured=True)
        if probe.options(model, spot.info, Tree.of(missing, there), style) == []:
            return []
        options = Renderer(self.program, namer, configured=True).options(model, spot.info, Tree.of(missing), style)
        if not options:
            return None if options is None else []
        source = spot.function.source
        key = primary_key(self.program, spot.info)[0]
        returns = not isinstance(spot.expression, ast.Name)
        wish = snake(spot.info.name) + ("s" if spot.many else "")
        name = free_local(spot.function, wish) if returns else source.segment(spot.expression)
        select = namer.library(spot.session.library, "select")
        ours = f" if isinstance(one, {model})" if may_hold_others(self.program, spot.expression) else ""
        keys = f"[one.{key} for one in {name}{ours}]"
        which = f"{model}.{key}.in_({keys})" if spot.many else f"{model}.{key} == {name}.{key}"
        room = WIDTH - source.span(spot.statement).column - (4 if spot.optional else 0)
        load = self._load(spot, missing, selection(select, model, options, which, room))
        if len(load) > room or "\n" in load:
            broken = "\n" + indent(selection(select, model, options, which, room - 4), "    ") + "\n"
            load = self._load(spot, missing, broken)
        load += "\n"
        if spot.optional:
            other = may_be_other(self.program, spot.expression)
            known = f"isinstance({name}, {model})" if other else f"{name} is not None"
            load = f"if {known}:\n" + indent(load, "    ")
        why = next(iter(paths.values()), "")
        target = Target(source.span(spot.statement), Place.STATEMENT)
        imports = tuple(dict.fromkeys(namer.imports))
        if returns:
            template = f"{name} = $made\n{load}return {name}\n"
            op = ReplaceStatement(template, (Hole("made", source.span(spot.expression)),))
            edits = [Edit("eager", spot.path, target, op, imports, because=why)]
        else:
            edits = [Edit("eager", spot.path, target, InsertStatements(load, "before"), imports, because=why)]
        if spot.session.parameter:
            function = Target(source.span(spot.function.node), Place.STATEMENT)
            edits.append(Edit("eager", spot.path, function, EditParameters((spot.session.parameter,)), because=why))
        return edits

    def _is_back(self, info: ClassInfo, steps: Steps, readers: Mapping[Steps, list[Reader]]) -> bool:
        """Whether a path leads back to an instance that is held."""
        return leads_back(self.program, info, steps, readers) and not outlives(self.program, info, steps, readers)

    def _load(self, spot: Spot, paths: Collection[Steps], statement: str) -> str:
        """The statement, run: of one instance whose row comes once, nothing has to be taken from a result."""
        joins = joins_rows(self.program, spot.info)
        if spot.many:
            return f"{spot.session.entities(statement)}{'.unique()' if joins else ''}.all()"
        if not joins and all(self._comes_once(spot.info, steps) for steps in paths):
            return spot.session.run(f"scalar({statement})")
        return f"{spot.session.entities(statement)}.unique().one_or_none()"

    def _comes_once(self, info: ClassInfo, steps: Steps) -> bool:
        """Whether no collection is on a path, which would be joined."""
        for name in steps:
            relationship = self.program.orm.relationship(info, name)
            if relationship is None or relationship.collection or relationship.target is None:
                return False
            info = relationship.target
            if joins_rows(self.program, info):
                return False
        return True


def is_of_factory(program: Program, site: ast.Call) -> bool:
    """Whether factory_boy makes the instances: `UserFactory()`, or `UserFactory.create()`."""
    values = program.values(site.func)
    classes = {v.info for v in values if isinstance(v, Cls)}
    members = any(isinstance(v, Member) and v.base.type == FACTORY for v in values)
    return members or any(map(program.object_factories.is_factory, classes))


def _stores(root: ast.AST, name: str) -> bool:
    """Whether something below a node gives a name a value."""
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(root))


def _is_of_comprehension(function: FunctionInfo, expression: ast.expr) -> bool:
    """Whether a name is bound by a comprehension around it: no statement before can mean it."""
    current: ast.AST | None = expression
    while isinstance(expression, ast.Name) and current is not None and not isinstance(current, ast.stmt):
        for generator in getattr(current, "generators", ()):
            if _stores(generator.target, expression.id):
                return True
        current = function.source.parent(current)
    return False


def _is_inside_lambda(function: FunctionInfo, node: ast.AST, statement: ast.stmt) -> bool:
    current: ast.AST | None = node
    while current is not None and current is not statement:
        if isinstance(current, ast.Lambda):
            return True
        current = function.source.parent(current)
    return False

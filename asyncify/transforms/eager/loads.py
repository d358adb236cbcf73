"""Options at the places that load: `select(...)`, `query(...)` and `session.get(...)`."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Ext, Inst, has, of_type
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import SET_OPERATIONS
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import AppendCall, EditCall, Replace
from asyncify.transforms.eager.existing import ExistingOptions
from asyncify.transforms.eager.missing import Entity, missing
from asyncify.transforms.eager.naming import Namer, has_name
from asyncify.transforms.eager.options import Renderer, Style
from asyncify.transforms.eager.order import gives_one, settled
from asyncify.transforms.eager.places import instances_in
from asyncify.transforms.eager.reading import Steps
from asyncify.transforms.eager.several import is_apart
from asyncify.transforms.eager.sources import Tracer

#: calls after which a statement no longer gives the entities that it was made with
REPLACES = frozenset({"with_only_columns", "with_entities"})
#: calls after which a joined single object would be in the way: of grouping, of DISTINCT on columns without
#: equality, of FOR UPDATE (PostgreSQL refuses it on the nullable side of an outer join)
NO_JOIN = frozenset({"group_by", "distinct", "with_for_update", "from_statement", "union", "union_all"})
RUNS = frozenset({"execute", "scalars", "scalar", "exec", "stream", "stream_scalars"})
GIVES = frozenset("all first one one_or_none get scalar yield_per".split())

#: a call that makes a statement, or an attribute that is one: `Model.query`, `user.posts.statement`
Site = ast.Call | ast.Attribute


class Statements:
    """What a program does with the statements that it makes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.existing = ExistingOptions(program, self.runs)
        self._methods: dict[ast.AST, list[tuple[str, ast.Call]]] = {}
        self._runs: dict[ast.AST, list[tuple[str, ast.expr]]] = {}
        for path in sorted(program.modules):
            for node in program.modules[path].source.nodes:
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    self._call(path, node, node.func)
                elif isinstance(node, (ast.For, ast.comprehension)):
                    for site in self._sites(node.iter):
                        self._runs.setdefault(site, []).append((path, node.iter))

    def _call(self, path: str, node: ast.Call, func: ast.Attribute) -> None:
        for site in self._sites(func.value):
            self._methods.setdefault(site, []).append((path, node))
            if func.attr in GIVES:
                self._runs.setdefault(site, []).append((path, func.value))
        if func.attr in RUNS and node.args:
            for site in self._sites(node.args[0]):
                self._runs.setdefault(site, []).append((path, node.args[0]))

    def _sites(self, node: ast.expr) -> Iterator[ast.AST]:
        for value in self.program.values(node):
            kinds = (names.SELECT, names.QUERY, names.DYNAMIC)
            if isinstance(value, Inst) and value.type in kinds and value.origin is not None:
                yield value.origin.site

    def methods(self, site: ast.AST) -> frozenset[str]:
        """The methods that are called on what a place makes."""
        return frozenset(c.func.attr for _, c in self._methods.get(site, ()) if isinstance(c.func, ast.Attribute))

    def calls(self, site: ast.AST) -> list[ast.Call]:
        """The calls of those methods."""
        return [call for _, call in self._methods.get(site, ())]

    def runs(self, site: ast.AST) -> list[tuple[str, ast.expr]]:
        """The expressions at which a statement, ready made, is executed."""
        return self._runs.get(site, [])

    def needs_one_more(self, site: Site, path: str, steps: Steps) -> bool:
        """Whether loading a path takes a statement of its own that the mapping or the statement has not got yet."""
        there = {e.steps for e in self.existing.of_statement(site) if e.loads}
        if steps in there:
            return False
        for entity in entities(self.program, path, site):
            above = self.program.orm.end_of(entity.info, steps[:-1])
            relationship = self.program.orm.relationship(above, steps[-1]) if above is not None else None
            if relationship is not None:
                return is_apart(self.program, relationship)
            if above is not None and self.program.orm.subclass(above, steps[-1]) is not None:
                return True
        return False


def entities(program: Program, path: str, site: Site) -> list[Entity]:
    """The classes that a place loads, those alone that are named by a name that always means them."""
    of_collection = isinstance(site, ast.Call) and has(
        program.values(getattr(site.func, "value", site)), names.WRITE_ONLY
    )
    if isinstance(site, ast.Attribute) or of_collection or is_set_operation(program, site):
        return _of_values(program, path, site)
    found = []
    for argument in site.args:
        info = static_class(program, path, argument)
        subclasses = None
        if info is None:
            for alias in of_type(program.values(argument), "sqlalchemy.orm.aliased"):
                classes = {v.info for v in alias.args[0] if isinstance(v, Cls)}
                if len(classes) == 1 and len(program.values(argument)) == 1 and isinstance(argument, ast.Name):
                    info = classes.pop()
                    subclasses = _with_subclasses(program, path, argument)
        if info is not None:
            found.append(Entity(program.modules[path].source.segment(argument), info, subclasses))
    return found


def loaded_classes(program: Program, path: str, site: Site) -> list[ClassInfo]:
    """The classes of which a place gives instances, also where no name of the place says which: `db.get(self.model)`
    of a class for all models gives those of which others read."""
    named = [entity.info for entity in entities(program, path, site)]
    return named or sorted({o.info for o in instances_in(program.values(site))}, key=lambda c: (c.path, c.name))


def _with_subclasses(program: Program, path: str, alias: ast.Name) -> frozenset[str] | None:
    """The subclasses that an alias loads, where `with_polymorphic` makes it."""
    for given in Tracer(program).of_name(path, alias).given:
        made = (
            program.names.resolve_expression(given.path, given.value.func)
            if isinstance(given.value, ast.Call)
            else None
        )
        if isinstance(made, Ext) and made.name == "sqlalchemy.orm.with_polymorphic":
            return frozenset(n.id for n in ast.walk(given.value) if isinstance(n, ast.Name))
    return None


def is_set_operation(program: Program, site: ast.Call) -> bool:
    """Whether a place is `query.union(...)` of a legacy query: it selects what its first operand does."""
    named = isinstance(site.func, ast.Attribute) and site.func.attr in SET_OPERATIONS
    return named and has(program.values(site), names.QUERY)


def _of_values(program: Program, path: str, site: Site) -> list[Entity]:
    """The class behind `Model.query`, the statement of a dynamic collection, or queries that are combined."""
    made = of_type(program.values(site), names.QUERY) + of_type(program.values(site), names.SELECT)
    classes = {v.info for statement in made if statement.args for v in statement.args[0] if isinstance(v, Cls)}
    only = classes.pop() if len(classes) == 1 else None
    namer = Namer(program, path)
    name = namer.model(only) if only is not None else None
    return [Entity(name, only)] if only is not None and name is not None and not namer.imports else []


def static_class(program: Program, path: str, node: ast.expr) -> ClassInfo | None:
    """The class that an expression always means: a name of the module, not a variable or attribute."""
    found = program.names.resolve_expression(path, node)
    if isinstance(found, ClassInfo):
        return found
    function = program.function_of(node)
    classes = {v.info for v in program.values(node) if isinstance(v, Cls)}
    if isinstance(node, ast.Name) and len(classes) == 1 and len(program.values(node)) == 1:
        only = next(iter(classes))
        # a class that is defined, or imported, inside a function around the place
        is_parameter = function is not None and node.id in {p.arg for p in function.parameters}
        if only.name == node.id and not is_parameter:
            return only
    return None


def walks(program: Program, path: str, info: ClassInfo, steps: Steps) -> bool:
    """Whether a path of relationships starts at a class, and each can be named in a file."""
    for position, name in enumerate(steps):
        current = program.orm.end_of(info, steps[:position])
        relationship = program.orm.relationship(current, name) if current is not None else None
        if relationship is None and current is not None and program.orm.subclass(current, name) is not None:
            continue
        if relationship is None or not has_name(program, path, relationship):
            return False
    return True


def style_of(statements: Statements, site: ast.AST, info: ClassInfo) -> Style:
    """Which loaders a statement allows to load what belongs to a class."""
    methods = statements.methods(site)
    runs = statements.runs(site)
    one = bool(runs) and all(gives_one(statements.program.modules[path].source, node) for path, node in runs)
    fixed = settled(statements.program, info, statements.calls(site))
    return Style(joined=not methods & NO_JOIN, unordered=not one and "order_by" not in methods, settled=fixed)


def plan_statement(
    program: Program, statements: Statements, site: Site, path: str, paths: Mapping[Steps, str]
) -> tuple[list[Edit], list[Steps], list[Steps]]:
    """The edits that give a select or query its options, the paths for which none can be written there, and those for
    which an option might contradict another one.

    paths: what is read, each with a sentence that says by whom.
    """
    found = entities(program, path, site)
    namer = Namer(program, path)
    # `query(Model)` configures the mappers before its options are made
    renderer = Renderer(program, namer, configured=bool(of_type(program.values(site), names.QUERY)))
    there = statements.existing.of_statement(site)
    options: list[str] = []
    behind: list[tuple[ast.expr, str]] = []
    left: list[Steps] = []
    refused: list[Steps] = []
    for steps in sorted(paths):
        if not any(walks(program, path, e.info, steps) for e in found):
            left.append(steps)
    for entity in found:
        own = [p for p in paths if walks(program, path, entity.info, p)]
        own = [p for p in own if not _is_double(program, entity.info, p, own)]
        if entity.subclasses is not None:
            of_subclasses = [p for p in own if program.orm.subclass(entity.info, p[0]) is not None]
            left.extend(p for p in of_subclasses if len(p) > 1 or p[0] not in entity.subclasses)
            own = [p for p in own if p not in of_subclasses]
        style = style_of(statements, site, entity.info)
        part = missing(renderer, entity, own, there, style, alone=len(found) == 1)
        if part is None:
            left.extend(own)
            continue
        refused.extend(part.refused)
        options.extend(part.options)
        behind.extend(part.behind)
    imports = tuple(dict.fromkeys(namer.imports))
    because = next(iter(paths.values()), "")
    edits = [_behind(program, path, node, link, imports, because) for node, link in behind]
    if options and statements.methods(site) & REPLACES and _gives_others(program, statements, site, found):
        refused.extend(paths.keys() - {*left, *refused})
    elif options:
        edits.extend(_placed(program, statements, site, path, options, imports, because))
    return edits, left, refused


def _is_double(program: Program, info: ClassInfo, steps: Steps, paths: Container[Steps]) -> bool:
    """Whether a path through a subclass is one that is loaded for all instances: `Dog.owner` beside `Animal.owner`."""
    for position in range(len(steps) - 1):
        above = program.orm.end_of(info, steps[:position])
        if above is not None and program.orm.subclass(above, steps[position]) is not None:
            if (*steps[:position], *steps[position + 1 :]) in paths:
                return True
    return False


def _gives_others(program: Program, statements: Statements, site: Site, found: list[Entity]) -> bool:
    """Whether a place where a statement runs may run one of other classes as well, which options would not fit."""
    for _, node in statements.runs(site):
        made = of_type(program.values(node), names.QUERY) + of_type(program.values(node), names.SELECT)
        for statement in made:
            classes = {v.info for part in statement.args for v in part if isinstance(v, Cls)}
            if classes and not any(program.classes.are_kin(e.info, c) for e in found for c in classes):
                return True
    return False


def _behind(program: Program, path: str, node: ast.expr, link: str, imports: tuple[Import, ...], because: str) -> Edit:
    return Edit(
        "eager", path, program.modules[path].source.target(node), Replace(f"$it.{link}"), imports, because=because
    )


def chained(link: str) -> AppendCall | Replace:
    """What puts a link behind an option: one call, or a chain of several."""
    name, _, rest = link.partition("(")
    parsed = ast.parse(link, mode="eval").body
    simple = isinstance(parsed, ast.Call) and isinstance(parsed.func, ast.Name)
    return AppendCall(name, rest.removesuffix(")")) if simple else Replace(f"$it.{link}")


def _placed(
    program: Program,
    statements: Statements,
    site: Site,
    path: str,
    options: list[str],
    imports: tuple[Import, ...],
    because: str,
) -> Iterator[Edit]:
    """New options: into the options of the same chain, else right behind the place, else (where the statement later
    gives something else) where it runs."""
    text = ", ".join(options)
    source = program.modules[path].source
    if not statements.methods(site) & REPLACES:
        for where, call in statements.existing.calls(site):
            if where == path and any(inner is site for inner in ast.walk(call.func)):
                yield Edit(
                    "eager", path, source.target(call), EditCall(append=tuple(options)), imports, because=because
                )
                return
        yield Edit("eager", path, source.target(site), AppendCall("options", text), imports, because=because)
        return
    for where, node in statements.runs(site):
        if where == path:
            yield Edit("eager", path, source.target(node), AppendCall("options", text), imports, because=because)

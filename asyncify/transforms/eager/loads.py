"""Options at the places that load: `select(...)`, `query(...)` and `session.get(...)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Inst, has, of_type
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import SET_OPERATIONS
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import AppendCall, EditCall, Replace
from asyncify.transforms.eager.existing import ExistingOptions
from asyncify.transforms.eager.naming import Namer, has_name
from asyncify.transforms.eager.option_values import Existing, of_entity
from asyncify.transforms.eager.options import Renderer, Style, Tree
from asyncify.transforms.eager.reading import Steps

#: calls after which a statement no longer gives the entities that it was made with
REPLACES = frozenset({"with_only_columns", "with_entities"})
#: calls after which a joined single object would be in the way: of grouping, of DISTINCT on columns without
#: equality, of FOR UPDATE (PostgreSQL refuses it on the nullable side of an outer join)
NO_JOIN = frozenset({"group_by", "distinct", "with_for_update", "from_statement", "union", "union_all"})
#: loaders that send statements of their own, so that the rows of the first stay as they are
SEPARATE = frozenset({"selectinload", "subqueryload", "immediateload"})
RUNS = frozenset({"execute", "scalars", "scalar", "exec", "stream", "stream_scalars"})
GIVES = frozenset("all first one one_or_none get scalar yield_per".split())

#: a call that makes a statement, or an attribute that is one: `Model.query`, `user.posts.statement`
Site = ast.Call | ast.Attribute


@dataclass(frozen=True)
class Entity:
    """One class that a statement loads, and how the statement spells it."""

    expression: str
    info: ClassInfo


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

    def runs(self, site: ast.AST) -> list[tuple[str, ast.expr]]:
        """The expressions at which a statement, ready made, is executed."""
        return self._runs.get(site, [])


def entities(program: Program, path: str, site: Site) -> list[Entity]:
    """The classes that a place loads, those alone that are named by a name that always means them."""
    if isinstance(site, ast.Attribute) or is_set_operation(program, site):
        return _of_values(program, path, site)
    found = []
    for argument in site.args:
        info = static_class(program, path, argument)
        if info is None:
            for alias in of_type(program.values(argument), "sqlalchemy.orm.aliased"):
                classes = {v.info for v in alias.args[0] if isinstance(v, Cls)}
                if len(classes) == 1 and len(program.values(argument)) == 1 and isinstance(argument, ast.Name):
                    info = classes.pop()
        if info is not None:
            found.append(Entity(program.modules[path].source.segment(argument), info))
    return found


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
    current: ClassInfo | None = info
    for name in steps:
        relationship = program.orm.relationship(current, name) if current is not None else None
        if relationship is None or not has_name(program, path, relationship):
            return False
        current = relationship.target
    return True


def style_of(statements: Statements, site: ast.AST) -> Style:
    """Which loaders a statement allows."""
    return Style(joined=not statements.methods(site) & NO_JOIN)


def end_of(program: Program, info: ClassInfo, steps: Steps) -> ClassInfo | None:
    """The class at the end of a path."""
    current: ClassInfo | None = info
    for name in steps:
        relationship = program.orm.relationship(current, name) if current is not None else None
        current = relationship.target if relationship is not None else None
    return current


@dataclass(frozen=True)
class Missing:
    """What one entity of a statement still needs. options: new ones; behind: what is chained behind options that are
    there; refused: the paths for which an option might contradict one that is there."""

    options: tuple[str, ...]
    behind: tuple[tuple[ast.expr, str], ...]
    refused: tuple[Steps, ...] = ()


def missing(
    renderer: Renderer, entity: Entity, paths: Iterable[Steps], there: list[Existing], style: Style
) -> Missing | None:
    """The options for paths that no existing option loads. None where a class has no name in the file.

    there: the options that the entity has or may have.
    """
    loaded = {e.steps for e in there if e.loads}
    ends = {e.steps: e.node for e in there if e.last and e.loads and e.inline}
    new: list[Steps] = []
    behind: dict[Steps, list[Steps]] = {}
    loaders: dict[Steps, str] = {}
    refused: list[Steps] = []
    for steps in paths:
        if steps not in loaded:
            given = {steps[:n]: _loaders(there, steps[:n]) for n in range(1, len(steps) + 1) if steps[:n] not in loaded}
            if not all(_agrees(renderer.program, entity.info, part, names) for part, names in given.items()):
                refused.append(steps)
                continue
            loaders |= {part: next(iter(names)) for part, names in given.items() if names}
            above = next((steps[:n] for n in range(len(steps) - 1, 0, -1) if steps[:n] in ends), None)
            if above is None:
                new.append(steps)
            else:
                behind.setdefault(above, []).append(steps[len(above) :])
    options = renderer.options(entity.expression, entity.info, Tree.of(new, loaded, loaders), style)
    if options is None:
        return None
    parts: list[tuple[ast.expr, str]] = []
    for above, below in sorted(behind.items()):
        info = end_of(renderer.program, entity.info, above)
        deeper = {part[len(above) :]: name for part, name in loaders.items() if part[: len(above)] == above}
        link = renderer.chain(info, Tree.of(below, (), deeper)) if info is not None else None
        if link is None:
            return None
        if link:
            parts.append((ends[above], link))
    return Missing(tuple(options), tuple(parts), tuple(refused))


def _loaders(there: Iterable[Existing], steps: Steps) -> set[str]:
    """The loaders that a path may be given by options; "" for one that is not known or has arguments of its own."""
    return {e.loader if e.plain else "" for e in there if e.may_be(steps)}


def _agrees(program: Program, info: ClassInfo, steps: Steps, loaders: set[str]) -> bool:
    """Whether another option can load a path in the way that options do which a statement may have: the same one twice
    is no contradiction. A collection is not joined, as the one who runs the statement may not expect its rows."""
    if not loaders:
        return True
    above = end_of(program, info, steps[:-1])
    relationship = program.orm.relationship(above, steps[-1]) if above is not None else None
    single = relationship is not None and not relationship.collection
    return len(loaders) == 1 and loaders <= (SEPARATE | {"joinedload"} if single else SEPARATE)


def plan_statement(
    program: Program, statements: Statements, site: Site, path: str, paths: Mapping[Steps, str]
) -> tuple[list[Edit], list[Steps]]:
    """The edits that give a select or query its options, and the paths for which none can be written there.

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
    for steps in sorted(paths):
        if not any(walks(program, path, e.info, steps) for e in found):
            left.append(steps)
    for entity in found:
        own = [p for p in paths if walks(program, path, entity.info, p)]
        concerning = list(of_entity(program, there, entity.expression, entity.info, alone=len(found) == 1))
        part = missing(renderer, entity, own, concerning, style_of(statements, site))
        if part is None:
            left.extend(own)
            continue
        left.extend(part.refused)
        options.extend(part.options)
        behind.extend(part.behind)
    imports = tuple(dict.fromkeys(namer.imports))
    because = next(iter(paths.values()), "")
    edits = [_behind(program, path, node, link, imports, because) for node, link in behind]
    if options:
        edits.extend(_placed(program, statements, site, path, options, imports, because))
    return edits, left


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

"""Loader options as values: what an expression of options may load, through names, lists, functions and parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Ext
from asyncify.transforms.eager.reading import Steps
from asyncify.transforms.eager.sources import Sources, Tracer, returned

#: loads the columns of subclasses, which stand in a path as steps of their own
SUBCLASSES = "selectin_polymorphic"
LOADING = frozenset({*"joinedload selectinload subqueryload immediateload contains_eager".split(), SUBCLASSES})
#: a path goes through this one, which leaves the way in which it is loaded to other options
PASSING = "defaultload"
#: these say how a relationship is loaded, too, and load nothing themselves
NOT_LOADING = frozenset({"lazyload", "raiseload", "noload"})
#: `lazyload("*")`: any other option goes before it, not so the settings of the mapping
WILDCARD = "*"
LOADERS = LOADING | NOT_LOADING | {PASSING}
#: these leave columns out, which stand at the end of a path
ONLY, DEFER = "load_only", "defer"
#: this one loads one that is deferred, which stands there too
UNDEFER = "undefer"
#: and this one all of a group, of which the name stands there
GROUP = "undefer_group"
#: the options that have columns at the end of a path
OF_COLUMNS = frozenset({ONLY, DEFER, UNDEFER, GROUP})
#: options that concern no relationship. Source: SQLAlchemy, "ORM API Features: Loader Options"
OTHERS = frozenset("Load with_expression with_loader_criteria".split())
#: builtins that give what they are given
PASS_ON = frozenset({"list", "tuple", "set", "sorted", "reversed", "filter"})
#: a relationship of which the name is not known
ANY = "*"


@dataclass(frozen=True)
class Existing:
    """An option, or one link of a chain of them.

    steps: its path, empty for an option of which nothing is known. node: the expression whose end it is. last: nothing
    is chained behind it. loader: the name of its function. plain: it is given the relationship alone.
    owner, expression: the class where the path begins, as far as it is known, and how that is written.
    sure: the statement has it whenever it runs. inline: it is written at the statement, and is no other's.
    """

    steps: Steps
    node: ast.expr
    last: bool = True
    loader: str = ""
    plain: bool = True
    owner: ClassInfo | None = None
    expression: str = ""
    sure: bool = True
    inline: bool = True

    @property
    def loads(self) -> bool:
        """Whether it loads the path and does not only lead through it."""
        return self.loader in LOADING and self.sure and ANY not in self.steps

    def may_be(self, steps: Steps) -> bool:
        """Whether it may say how a path is loaded."""
        if self.loader in (PASSING, WILDCARD, *OF_COLUMNS):
            return False
        return not self.steps or (
            len(steps) == len(self.steps) and all(a in (ANY, b) for a, b in zip(self.steps, steps, strict=True))
        )


@dataclass(frozen=True)
class _Start:
    """Where a chain of options has arrived. sure, inline: as for `Existing`."""

    steps: Steps = ()
    owner: ClassInfo | None = None
    expression: str = ""
    sure: bool = True
    inline: bool = True


class OptionReader:
    """Reads the option expressions of one program."""

    def __init__(self, program: Program, tracer: Tracer) -> None:
        self.program = program
        self.tracer = tracer

    def parse(self, path: str, node: ast.expr, *, sure: bool = True) -> list[Existing]:
        """The options that an expression may give: one, a list of them, or `*options`."""
        return _Reading(self.program, self.tracer).options(path, node, _Start(sure=sure))[0]


class _Reading:
    """One expression, with the values that are being followed: some are defined by themselves."""

    def __init__(self, program: Program, tracer: Tracer) -> None:
        self.program = program
        self.tracer = tracer
        self.following: set[ast.AST] = set()

    def options(self, path: str, node: ast.expr, start: _Start) -> tuple[list[Existing], list[_Start]]:
        """The options of an expression, and where a chain goes on that is put behind it."""
        if isinstance(node, (ast.Starred, ast.Await)):
            return self.options(path, node.value, start)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return self._all((path, item, start) for item in node.elts)
        if isinstance(node, ast.Dict):
            return self._all((path, item, replace(start, sure=False)) for item in node.values)
        if isinstance(node, ast.Constant) and node.value is None:
            return [], []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._all((path, item, start) for item in (node.left, node.right))
        maybe = replace(start, sure=False)
        if isinstance(node, ast.IfExp):
            return self._all((path, item, maybe) for item in (node.body, node.orelse))
        if isinstance(node, ast.BoolOp):
            return self._all((path, item, maybe) for item in node.values)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            return self._all([(path, node.elt, maybe)])
        if isinstance(node, ast.Call):
            return self._call(path, node, start)
        if node in self.following:
            return [], []
        self.following.add(node)
        try:
            return self._followed(path, node, start)
        finally:
            self.following.discard(node)

    def _followed(self, path: str, node: ast.expr, start: _Start) -> tuple[list[Existing], list[_Start]]:
        if isinstance(node, ast.Subscript):
            return self.options(path, node.value, replace(start, sure=False))
        if isinstance(node, ast.Name):
            return self._sources(node, self.tracer.of_name(path, node), start)
        if isinstance(node, ast.Attribute):
            return self._sources(node, self.tracer.of_attribute(path, node), start)
        return _unknown(node)

    def _sources(self, node: ast.expr, sources: Sources, start: _Start) -> tuple[list[Existing], list[_Start]]:
        there = replace(start, inline=False)
        found, ends = self._all((g.path, g.value, replace(there, sure=start.sure and g.sure)) for g in sources.given)
        return (found, ends) if sources.known else ([*found, *_unknown(node)[0]], ends)

    def _all(self, parts: Iterable[tuple[str, ast.expr, _Start]]) -> tuple[list[Existing], list[_Start]]:
        found: list[Existing] = []
        ends: list[_Start] = []
        for path, node, start in parts:
            more, further = self.options(path, node, start)
            found += more
            ends += further
        return found, ends

    def _named(self, path: str, node: ast.expr) -> object:
        """What a name stands for; what a function imports for itself, too."""
        found = self.program.names.resolve_expression(path, node)
        if found is None and isinstance(node, (ast.Name, ast.Attribute)):
            values = self.program.values(node)
            inside = {v.info if isinstance(v, Cls) else v for v in values if isinstance(v, (Cls, Ext))}
            return inside.pop() if len(inside) == len(values) == 1 else None
        return found

    # -- calls ---------------------------------------------------------------------------------------

    def _call(self, path: str, node: ast.Call, start: _Start) -> tuple[list[Existing], list[_Start]]:
        called = self._named(path, node.func)
        if isinstance(called, Ext):
            return self._loader(path, node, called.name.rpartition(".")[2], [start], [])
        if isinstance(node.func, ast.Attribute) and node.func.attr in (LOADERS | OTHERS | OF_COLUMNS | {"options"}):
            inner, ends = self.options(path, node.func.value, start)
            own = [replace(e, last=False) for e in inner]
            return self._loader(path, node, node.func.attr, ends, own)
        functions = self.program.calls(node)
        if functions and node not in self.following:
            self.following.add(node)
            given = [(f.info.path, value) for f in functions for value in returned(f.info)]
            there = replace(start, inline=False, sure=start.sure and len(given) == 1)
            found = self._all((where, value, there) for where, value in given)
            self.following.discard(node)
            return found
        if isinstance(node.func, ast.Name) and node.func.id in PASS_ON and len(node.args) <= 2:
            return self._all((path, item, replace(start, sure=False)) for item in node.args)
        return _unknown(node)

    def _loader(
        self, path: str, node: ast.Call, name: str, starts: list[_Start], before: list[Existing]
    ) -> tuple[list[Existing], list[_Start]]:
        """The options of one loader function or method behind what comes before it in the chain."""
        if name == "options":
            inner = self._all((path, item, start) for start in starts for item in node.args)[0]
            return [*before, *inner], starts
        if name in OTHERS:
            return before, starts
        if name in OF_COLUMNS:
            return [*before, *(self._column(path, node, a, name, s) for s in starts for a in node.args)], starts
        if name not in LOADERS:
            return _unknown(node)
        if name == SUBCLASSES:
            return [*before, *(one for start in starts for one in self._subclasses(path, node, start))], starts
        found, ends = list(before), []
        for start in starts:
            current = start
            for argument in node.args:
                if isinstance(argument, ast.Constant) and argument.value == "*":
                    wild = [self._made((*current.steps, ANY), node, WILDCARD, current)] if name == "lazyload" else []
                    return [*found, *wild], starts
                steps, base = relationship_of(argument)
                if not current.steps and base is not None:
                    owner = self._named(path, base)
                    text = self.program.modules[path].source.segment(base)
                    current = replace(current, owner=owner if isinstance(owner, ClassInfo) else None, expression=text)
                current = replace(current, steps=(*current.steps, *self._through(path, current, base, steps), *steps))
                found.append(
                    Existing(
                        current.steps,
                        node,
                        argument is node.args[-1],
                        name,
                        not node.keywords,
                        current.owner,
                        current.expression,
                        current.sure,
                        current.inline,
                    )
                )
                found += self._of_type(path, node, argument, current)
            ends.append(current)
        return found, ends

    def _through(self, path: str, start: _Start, base: ast.expr | None, steps: Steps) -> Steps:
        """The subclass at which an attribute is found, where a path has arrived at its base: `Engineer.machines`
        behind `Company.employees`."""
        info = self._named(path, base) if base is not None else None
        above = self.program.orm.end_of(start.owner, start.steps) if start.owner is not None and start.steps else None
        if not isinstance(info, ClassInfo) or above is None or info is above or not steps:
            return ()
        own = self.program.orm.relationship(above, steps[0]) is not None
        return () if own or self.program.orm.subclass(above, info.name) is not info else (info.name,)

    def _of_type(self, path: str, node: ast.Call, argument: ast.expr, start: _Start) -> Iterator[Existing]:
        """What `A.b.of_type(C)` loads besides the relationship."""
        if isinstance(argument, ast.Call) and getattr(argument.func, "attr", "") == "of_type" and argument.args:
            info = self._named(path, argument.args[0])
            step = info.name if isinstance(info, ClassInfo) else ANY
            yield self._made((*start.steps, step), node, SUBCLASSES, start)

    def _column(self, path: str, node: ast.Call, argument: ast.expr, name: str, start: _Start) -> Existing:
        if name == GROUP:
            group = str(argument.value) if isinstance(argument, ast.Constant) else ANY
            return self._made((*start.steps, group), node, name, start)
        steps, base = relationship_of(argument)
        owner = self._named(path, base) if base is not None else None
        if not start.steps and isinstance(owner, ClassInfo):
            start = replace(start, owner=owner)
        return self._made((*start.steps, *steps), node, name, start)

    @staticmethod
    def _made(steps: Steps, node: ast.expr, loader: str, start: _Start) -> Existing:
        return Existing(steps, node, True, loader, True, start.owner, start.expression, start.sure, start.inline)

    def _subclasses(self, path: str, node: ast.Call, start: _Start) -> Iterator[Existing]:
        """`selectin_polymorphic(A, [B, C])`, or behind an option `.selectin_polymorphic([B, C])`."""
        listed = node.args[-1] if node.args else None
        if len(node.args) == 2 and not start.steps:
            owner = self._named(path, node.args[0])
            text = self.program.modules[path].source.segment(node.args[0])
            start = replace(start, owner=owner if isinstance(owner, ClassInfo) else None, expression=text)
        classes = listed.elts if isinstance(listed, (ast.List, ast.Tuple)) else [None]
        for item in classes:
            found = self._named(path, item) if item is not None else None
            step = found.name if isinstance(found, ClassInfo) else ANY
            yield self._made((*start.steps, step), node, SUBCLASSES, start)


def _unknown(node: ast.expr) -> tuple[list[Existing], list[_Start]]:
    return [Existing((), node, sure=False, inline=False)], []


def relationship_of(node: ast.expr) -> tuple[Steps, ast.expr | None]:
    """The path that an argument of a loader names, and the expression of the class where it begins: `A.b`,
    `A.b.and_(...)`, `A.b.of_type(C)`, `"b.c"` (1.x), `getattr(A, "b")`, `cast(Any, A.b)`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return tuple(node.value.split(".")), None
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "cast":
        return relationship_of(node.args[-1]) if node.args else ((ANY,), None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return relationship_of(node.func.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr" and node.args:
        name = node.args[1] if len(node.args) > 1 else None
        known = isinstance(name, ast.Constant) and isinstance(name.value, str)
        return (str(name.value) if known else ANY,), node.args[0]  # type: ignore[union-attr]
    if isinstance(node, ast.Attribute) and node.attr == "class_attribute":  # inspect(A).attrs.b.class_attribute
        return relationship_of(node.value)[0], None
    if isinstance(node, ast.Attribute):
        return (node.attr,), node.value
    return (ANY,), None


def of_entity(
    program: Program, found: Iterable[Existing], expression: str, info: ClassInfo, *, alone: bool
) -> Iterator[Existing]:
    """The options that concern one entity of a statement. alone: the statement has no other."""
    for one in found:
        if one.expression == expression or not one.expression or (one.owner is None and alone):
            yield one
        elif (
            one.owner is not None and info is not one.owner and program.orm.subclass(info, one.owner.name) is one.owner
        ):
            own = program.orm.relationship(info, one.steps[0]) is not None
            yield one if own else replace(one, steps=(one.owner.name, *one.steps))
        elif one.owner is not None and one.owner in {info, *program.classes.ancestors(info)}:
            yield one

"""What Jinja2 templates do with the values that they are given. Parsed with Jinja2's own parser, never rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol

from jinja2 import Environment, TemplateSyntaxError, nodes

from asyncify.analysis.values import NOTHING, Inst, Obj, Rec, Values, collection, union

#: includes and macros within each other deeper than this say nothing new
DEPTH = 12
#: filters whose argument names an attribute of the elements. Source: Jinja2 "List of Builtin Filters".
BY_ATTRIBUTE = frozenset("sort unique min max sum join groupby map selectattr rejectattr".split())
ONE_OF = frozenset("first last random min max".split())
TEXT = frozenset("length count join wordcount string tojson pprint format".split())


class Walker(Protocol):
    """Looks into values; the one who asks gets told what is read."""

    def attribute(self, base: Values, name: str) -> Values:
        """`base.name`"""

    def elements(self, base: Values) -> Values:
        """What iterating gives."""

    def call(self, base: Values, name: str) -> Values:
        """`base.name()`"""


@dataclass
class Macro:
    """A macro and the names that were there when it was defined."""

    node: nodes.Macro | nodes.CallBlock
    scope: Scope


@dataclass
class Scope:
    """What names hold inside a template."""

    names: dict[str, Values] = field(default_factory=dict)
    macros: dict[str, Macro] = field(default_factory=dict)
    modules: dict[str, Scope] = field(default_factory=dict)
    #: the loop that `loop(...)` starts again, and what is around it
    loop: tuple[nodes.For, Scope] | None = None

    def copy(self) -> Scope:
        """The same names, to be changed alone."""
        return Scope(dict(self.names), dict(self.macros), dict(self.modules), self.loop)

    def join(self, other: Scope) -> None:
        """Names may also hold what they hold in another scope."""
        for name, values in other.names.items():
            self.names[name] = self.names.get(name, NOTHING) | values
        self.macros.update(other.macros)
        self.modules.update(other.modules)


class TemplateFiles:
    """The templates of a repository, by the names under which they are loaded.

    broken: templates that Jinja2 cannot parse as they are (extensions of their own), with its message.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._trees: dict[str, nodes.Template | None] = {}
        self.broken: dict[str, str] = {}

    @cached_property
    def _environment(self) -> Environment:
        return Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])

    def find(self, name: str, near: str) -> str | None:
        """The file of a template; of several the one nearest to the file `near`."""
        wanted = PurePosixPath(name).parts
        found = [
            p for p in sorted(self._files) if not p.endswith(".py") and PurePosixPath(p).parts[-len(wanted) :] == wanted
        ]

        def rank(path: str) -> tuple[int, int]:
            common = 0
            for mine, theirs in zip(PurePosixPath(path).parts, PurePosixPath(near).parts, strict=False):
                if mine != theirs:
                    break
                common += 1
            return (-common, len(path))

        return min(found, key=rank, default=None)

    def tree(self, path: str) -> nodes.Template | None:
        """The parsed file; None where Jinja2 cannot parse it."""
        if path not in self._trees:
            try:
                self._trees[path] = self._environment.parse(self._files[path].decode())
            except (TemplateSyntaxError, UnicodeDecodeError) as error:
                self.broken[path] = str(error)
                self._trees[path] = None
        return self._trees[path]


@dataclass
class TemplateRun:
    """One rendering of one template with values instead of data."""

    files: TemplateFiles
    walker: Walker
    near: str
    _depth: int = 0
    _blocks: dict[str, list[nodes.Block]] = field(default_factory=dict)
    _current: list[tuple[str, int]] = field(default_factory=list)

    def render(self, name: str, context: Mapping[str, Values]) -> bool:
        """Walk a template; False where there is no such file."""
        return self._template(name, Scope(dict(context)))

    def _template(self, name: str, scope: Scope) -> bool:
        path = self.files.find(name, self.near)
        tree = self.files.tree(path) if path is not None else None
        if path is None or tree is None or self._depth > DEPTH:
            return path is not None
        self._depth += 1
        outer_near, self.near = self.near, path
        for block in tree.find_all(nodes.Block):
            self._blocks.setdefault(block.name, []).append(block)
        parents = [n for n in tree.body if isinstance(n, nodes.Extends)]
        if parents:
            # only what a child defines counts, its text does not; blocks are walked where the parent has them
            self._body([n for n in tree.body if not isinstance(n, (nodes.Extends, nodes.Block, nodes.Output))], scope)
            for parent in _texts(parents[0].template):
                self._template(parent, scope)
        else:
            self._body(tree.body, scope)
        self.near = outer_near
        self._depth -= 1
        return True

    # -- statements ----------------------------------------------------------------------------------

    def _body(self, body: list[nodes.Node], scope: Scope) -> None:
        for node in body:
            self._statement(node, scope)

    def _statement(self, node: nodes.Node, scope: Scope) -> None:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                self.walker.call(self._value(part, scope), "__str__")
        elif isinstance(node, nodes.For):
            self._for(node, scope)
        elif isinstance(node, nodes.If):
            self._value(node.test, scope)
            branches: list[list[nodes.Node]] = [node.body, list(node.elif_), node.else_]
            scopes = [scope.copy() for _ in branches]
            for branch, inner in zip(branches, scopes, strict=True):
                self._body(branch, inner)
            for inner in scopes:
                scope.join(inner)
        elif isinstance(node, nodes.Assign):
            self._bind(node.target, self._value(node.node, scope), scope)
        elif isinstance(node, nodes.With):
            inner = scope.copy()
            for target, value in zip(node.targets, node.values, strict=True):
                self._bind(target, self._value(value, scope), inner)
            self._body(node.body, inner)
        elif isinstance(node, nodes.Include):
            for name in _texts(node.template):
                blocks, self._blocks = self._blocks, {}
                self._template(name, scope.copy() if node.with_context else Scope())
                self._blocks = blocks
        elif isinstance(node, nodes.Macro):
            scope.macros[node.name] = Macro(node, scope)
        elif isinstance(node, (nodes.Import, nodes.FromImport)):
            self._import(node, scope)
        elif isinstance(node, nodes.CallBlock):
            inner = scope.copy()
            inner.macros["caller"] = Macro(node, scope)
            self._call(node.call, inner)
        elif isinstance(node, nodes.Block):
            self._block(node.name, 0, scope)
        elif isinstance(node, nodes.ExprStmt):
            self._value(node.node, scope)
        else:
            for child in node.iter_child_nodes():
                if isinstance(child, nodes.Expr):
                    self._value(child, scope)
                else:
                    self._statement(child, scope)

    def _for(self, node: nodes.For, scope: Scope) -> None:
        self._turns(node, self.walker.elements(self._value(node.iter, scope)), scope, 2)
        self._body(node.else_, scope.copy())

    def _turns(self, node: nodes.For, items: Values, scope: Scope, turns: int) -> None:
        if self._depth > DEPTH:
            return
        self._depth += 1
        inner = scope.copy()
        inner.loop = (node, scope) if node.recursive else None
        for _ in range(turns):
            self._bind(node.target, items, inner)
            inner.names["loop"] = frozenset({Rec((("previtem", items), ("nextitem", items)))})
            if node.test is not None:
                self._value(node.test, inner)
            self._body(node.body, inner)
        self._depth -= 1

    def _block(self, name: str, level: int, scope: Scope) -> None:
        """A block as the youngest template has it; `super()` goes one template up."""
        versions = self._blocks.get(name, [])
        if level < len(versions) and (name, level) not in self._current:
            self._current.append((name, level))
            self._body(versions[level].body, scope.copy())
            self._current.pop()

    def _import(self, node: nodes.Import | nodes.FromImport, scope: Scope) -> None:
        for name in _texts(node.template):
            inner = scope.copy() if node.with_context else Scope()
            blocks, self._blocks = self._blocks, {}
            self._template(name, inner)
            self._blocks = blocks
            if isinstance(node, nodes.Import):
                scope.modules[node.target] = inner
                continue
            for item in node.names:
                old, new = item if isinstance(item, tuple) else (item, item)
                if old in inner.macros:
                    scope.macros[new] = inner.macros[old]
                scope.names[new] = inner.names.get(old, NOTHING)

    def _bind(self, target: nodes.Node, values: Values, scope: Scope) -> None:
        if isinstance(target, nodes.Name):
            scope.names[target.name] = values
        elif isinstance(target, nodes.Tuple):
            for position, item in enumerate(target.items):
                parts = [
                    v.args[position]
                    for v in values
                    if isinstance(v, Inst) and v.type in ("tuple", "row") and position < len(v.args)
                ]
                self._bind(item, union(parts), scope)

    # -- expressions ---------------------------------------------------------------------------------

    def _value(self, node: nodes.Node | None, scope: Scope) -> Values:
        if isinstance(node, nodes.Name):
            return scope.names.get(node.name, NOTHING)
        if isinstance(node, nodes.Getattr):
            return self.walker.attribute(self._value(node.node, scope), node.attr)
        if isinstance(node, nodes.Getitem):
            base = self._value(node.node, scope)
            mappings = frozenset(v for v in base if isinstance(v, Inst) and v.type == "dict" and len(v.args) > 1)
            held = union(v.args[1] for v in mappings if isinstance(v, Inst))
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                return self.walker.attribute(base, node.arg.value) | held
            self._value(node.arg, scope)
            return base if isinstance(node.arg, nodes.Slice) else held | self.walker.elements(base - mappings)
        if isinstance(node, nodes.Call):
            return self._call(node, scope)
        if isinstance(node, nodes.Filter):
            return self._filter(node, scope)
        if isinstance(node, (nodes.List, nodes.Tuple)):
            parts = tuple(self._value(i, scope) for i in node.items)
            return frozenset(
                {Inst("tuple", parts) if isinstance(node, nodes.Tuple) else collection("list", union(parts))}
            )
        if isinstance(node, nodes.Dict):
            pairs = ((p.key, self._value(p.value, scope)) for p in node.items)
            return frozenset({Rec(tuple((str(k.value), v) for k, v in pairs if isinstance(k, nodes.Const)))})
        inner = [self._value(child, scope) for child in node.iter_child_nodes()] if node is not None else []
        keeps = isinstance(node, (nodes.And, nodes.Or, nodes.CondExpr))
        return union(inner) if keeps else NOTHING

    def _call(self, node: nodes.Call, scope: Scope) -> Values:
        args = [self._value(a, scope) for a in node.args]
        kwargs = {k.key: self._value(k.value, scope) for k in node.kwargs}
        func = node.node
        if isinstance(func, nodes.Name):
            if func.name == "super" and self._current:
                name, level = self._current[-1]
                self._block(name, level + 1, scope)
            macro = scope.macros.get(func.name)
            if macro is not None:
                self._run(macro, args, kwargs, scope)
            elif func.name == "loop" and scope.loop is not None and args:
                self._turns(scope.loop[0], self.walker.elements(args[0]), scope.loop[1], 1)
            return NOTHING
        if isinstance(func, nodes.Getattr):
            if isinstance(func.node, nodes.Name) and func.node.name in scope.modules:
                macro = scope.modules[func.node.name].macros.get(func.attr)
                if macro is not None:
                    self._run(macro, args, kwargs, scope)
                return NOTHING
            return self._method(self._value(func.node, scope), func.attr)
        self._value(func, scope)
        return NOTHING

    def _method(self, base: Values, name: str) -> Values:
        found: list[Values] = [self.walker.call(frozenset(v for v in base if isinstance(v, Obj)), name)]
        for value in base:
            pairs = value.items if isinstance(value, Rec) else ()
            held = union(v for _, v in pairs) if pairs else NOTHING
            if isinstance(value, Inst) and value.type == "dict" and len(value.args) > 1:
                held = value.args[1]
            if name == "items":
                found.append(frozenset({collection("list", frozenset({Inst("tuple", (NOTHING, held))}))}))
            elif name in ("values", "get"):
                found.append(frozenset({collection("list", held)}) if name == "values" else held)
        return union(found)

    def _run(self, macro: Macro, args: list[Values], kwargs: Mapping[str, Values], caller: Scope) -> None:
        if self._depth > DEPTH:
            return
        self._depth += 1
        inner = macro.scope.copy()
        names = [a.name for a in macro.node.args]
        for name in names:
            inner.names[name] = NOTHING
        defaults = macro.node.defaults
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            inner.names[name] = self._value(default, macro.scope)
        inner.names.update(zip(names, args, strict=False))
        inner.names.update(kwargs)
        if "caller" in caller.macros and isinstance(macro.node, nodes.Macro):
            inner.macros["caller"] = caller.macros["caller"]
        self._body(macro.node.body, inner)
        self._depth -= 1

    def _filter(self, node: nodes.Filter, scope: Scope) -> Values:
        base = self._value(node.node, scope)
        args = [self._value(a, scope) for a in node.args]
        if node.name in ("default", "d"):
            return base | union(args)
        read = NOTHING
        attribute = _attribute_argument(node)
        if node.name in BY_ATTRIBUTE and attribute is not None:
            read = self.walker.elements(base)
            for part in attribute.split("."):
                read = self.walker.attribute(read, part)
        if node.name == "map":
            return frozenset({collection("list", read if attribute is not None else self.walker.elements(base))})
        if node.name == "groupby":
            return frozenset({collection("list", frozenset({Inst("tuple", (read, base))}))})
        if node.name in ("batch", "slice"):
            return frozenset({collection("list", base)})
        if node.name == "dictsort":
            return self._method(base, "items")
        if node.name == "sum":
            return read or self.walker.elements(base)
        if node.name in ONE_OF:
            return self.walker.elements(base)
        if node.name == "items":
            return self._method(base, "items")
        return NOTHING if node.name in TEXT else base


def _attribute_argument(node: nodes.Filter) -> str | None:
    """The attribute that a filter looks at in each element."""
    for keyword in node.kwargs:
        if keyword.key == "attribute" and isinstance(keyword.value, nodes.Const):
            return str(keyword.value.value)
    position = {"groupby": 0, "selectattr": 0, "rejectattr": 0, "sum": 0, "sort": 2, "join": 1, "unique": 1}.get(
        node.name
    )
    if position is not None and position < len(node.args):
        argument = node.args[position]
        if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
            return argument.value
    return None


def _texts(node: nodes.Node | None) -> Iterator[str]:
    """The constant names in the expression of an include or import."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, (nodes.List, nodes.Tuple)):
        for item in node.items:
            yield from _texts(item)
    elif isinstance(node, nodes.CondExpr):
        yield from _texts(node.expr1)
        yield from _texts(node.expr2)

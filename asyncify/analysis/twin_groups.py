"""Groups of functions that open sessions of their own and that nothing async shares: they can stay as they are."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.makers import Use
from asyncify.analysis.nodes import below
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Ext, Mod, Obj, Values, has
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical

KINDS = (
    names.SESSION,
    names.SESSIONMAKER,
    names.CONNECTION,
    names.ENGINE,
    names.TRANSACTION,
    names.QUERY,
    names.ASYNC_SESSION,
    names.ASYNC_SESSIONMAKER,
    names.ASYNC_ENGINE,
    names.ASYNC_CONNECTION,
)
#: library callables that make a session or engine from what they are given
OPENERS = frozenset(
    {names.SESSION, names.SQLMODEL_SESSION, names.SESSIONMAKER, names.SCOPED_SESSION, names.CREATE_ENGINE}
    | {"contextlib.closing", "builtins.next"}
)
#: decorators that leave a function one that only its callers call
PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "contextmanager", "property", "abstractmethod", "wraps"})


class Standing(Enum):
    """How a function that cannot wait stands to the sessions that it works with."""

    CLOSED = "closed"  # it opens them
    SHARED = "shared"  # it opens them, and works with objects of a class that others work with as well
    GIVEN = "given"  # it is given one, or hands one on: nothing is known of its loop


@dataclass(frozen=True)
class Group:
    """A function and what it calls to do its work. makers: the places where it reads engines and factories."""

    root: FunctionInfo
    members: tuple[FunctionInfo, ...]
    standing: Standing
    makers: tuple[Use, ...] = ()


class Groups:
    """Makes groups. Computes over the whole program what they need, once."""

    def __init__(self, program: Program, index: CallIndex, uses: Iterable[Use], kept: Collection[FunctionInfo]) -> None:
        self.program = program
        self.index = index
        self.kept = kept
        self.uses = {use.node: use for use in uses}
        self._bodies: dict[FunctionInfo, list[ast.AST]] = {}
        self.holders = self._holders()
        self.touching = self._touching()

    def group(self, root: FunctionInfo) -> Group:
        """The group of a function that cannot become async."""
        members = self._members(root)
        used: list[Use] = []
        standing = Standing.GIVEN if members is None or root.is_generator else Standing.CLOSED
        for member in members or ():
            for node in self._inside(member):
                standing = _worse(standing, self._node(root, member, members or (), node, used))
        return Group(root, tuple(members or (root,)), standing, tuple(used))

    # -- what is in a group --------------------------------------------------------------------------

    def _members(self, root: FunctionInfo) -> list[FunctionInfo] | None:
        """The functions that a function runs and that have to do with sessions; None where one of them is async."""
        found = [root]
        for member in found:
            called = [*member.functions]
            for node in self._inside(member):
                called += [t.info for t in self.program.facts.calls.get(node, ())]
                called += [t.info for t in self.program.facts.handed.get(node, ())]
            for function in called:
                if function in self.touching and function not in found and function not in self.kept:
                    if function.is_async:
                        return None
                    found.append(function)
        return sorted(found, key=lambda f: (f is not root, f.path, f.node.lineno))

    def is_closed(self, member: FunctionInfo, members: Collection[FunctionInfo]) -> bool:
        """Whether only `members`, those of one or several groups, call a function."""
        for decorator in member.node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if ast.unparse(target).rpartition(".")[2] not in PLAIN_DECORATORS:
                return False
        places = [*self.index.callers[member], *self.index.handed[member], *self.index.consumers[member]]
        around = {self.program.function_of(node) for node in places}
        if any(f is None or (f not in members and f not in self.kept) for f in around):
            return False
        return all(other in members for other in self.program.classes.overrides(member))

    def _inside(self, function: FunctionInfo) -> list[ast.AST]:
        """The nodes of a body, those of lambdas as well: nested functions are members of their own."""
        if function not in self._bodies:
            body = [n for stmt in function.node.body for n in below(stmt)]
            self._bodies[function] = [n for n in body if self.program.function_of(n) is function]
        return self._bodies[function]

    # -- one node of a group -------------------------------------------------------------------------

    def _node(
        self,
        root: FunctionInfo,
        member: FunctionInfo,
        members: Collection[FunctionInfo],
        node: ast.AST,
        used: list[Use],
    ) -> Standing:
        """How a node speaks about the group. used: gets the places that read engines and factories."""
        if isinstance(node, (ast.Name, ast.Attribute)) and node in self.uses:
            used.append(self.uses[node])
            return Standing.CLOSED
        if isinstance(node, ast.Return) and member is root and node.value is not None:
            return Standing.GIVEN if self._carries(self.program.values(node.value)) else Standing.CLOSED
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Attribute) for t in targets) and self._carries(self.program.values(node.value)):
                return self._attribute_of_self(root, member, members)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and self._carries(self.program.values(node)):
            return self._name(root, member, members, node)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            return self._attribute(root, member, members, node)
        if isinstance(node, ast.Call):
            if self._is_given_unknown(node):
                return Standing.GIVEN
            return self._call(members, node) if self._carries(self.program.values(node)) else Standing.CLOSED
        return Standing.CLOSED

    def _is_given_unknown(self, node: ast.Call) -> bool:
        """Whether a call hands something that is not known where a session is expected."""
        arguments = [*node.args, *(k.value for k in node.keywords)]
        if any(self._carries(self.program.values(a)) for a in arguments):
            return False
        return any(
            self._carries(self.program.values(parameter)) and target.info.default_of(parameter.arg) is None
            for target in self.program.calls(node)
            for parameter in target.info.parameters
            if parameter.arg != _self_of(target.info) or target.info.cls is None
        )

    def _name(
        self, root: FunctionInfo, member: FunctionInfo, members: Collection[FunctionInfo], node: ast.Name
    ) -> Standing:
        owner: FunctionInfo | None = member
        while owner is not None and node.id not in owner.local_names:
            owner = owner.parent
        if owner is None or owner not in members:
            return Standing.GIVEN  # a global session, or one of a function around the group
        parameters = owner.node.args
        given = {a.arg for a in (*owner.parameters, parameters.vararg, parameters.kwarg) if a is not None}
        return Standing.GIVEN if owner is root and node.id in given else Standing.CLOSED

    def _attribute(
        self, root: FunctionInfo, member: FunctionInfo, members: Collection[FunctionInfo], node: ast.Attribute
    ) -> Standing:
        if not self._carries(self.program.values(node)):
            return Standing.CLOSED
        base = self.program.values(node.value)
        if isinstance(node.value, ast.Name) and member.cls is not None and node.value.id == _self_of(member):
            return self._attribute_of_self(root, member, members)
        derived = self._carries(base) and not any(isinstance(v, Mod) for v in base)
        return Standing.CLOSED if derived else Standing.GIVEN

    def _attribute_of_self(
        self, root: FunctionInfo, member: FunctionInfo, members: Collection[FunctionInfo]
    ) -> Standing:
        """A session kept on `self`: the group's own where all of the class that works with it is."""
        cls = member.cls
        if cls is None or cls is root.cls:
            return Standing.GIVEN
        family = [cls, *self.program.classes.descendants(cls)]
        methods = [m for c in family for m in c.methods.values() if m in self.touching]
        makes = any(f not in members for c in family for f in self._makers.get(c, ()))
        return Standing.CLOSED if all(m in members for m in methods) and not makes else Standing.SHARED

    @cached_property
    def _makers(self) -> dict[ClassInfo, set[FunctionInfo]]:
        """The functions that make instances of a class."""
        found: dict[ClassInfo, set[FunctionInfo]] = defaultdict(set)
        for function in self.program.functions:
            for node in function.nodes:
                for value in self.program.values(node.func) if isinstance(node, ast.Call) else ():
                    if isinstance(value, Cls):
                        found[value.info].add(function)
        return found

    def _call(self, members: Collection[FunctionInfo], node: ast.Call) -> Standing:
        """What gives a session: a factory, a function of the group, something of a session."""
        callee = self.program.values(node.func)
        targets = self.program.calls(node)
        if targets and all(t.info in members for t in targets):
            return Standing.CLOSED
        if has(callee, names.SESSIONMAKER) or any(isinstance(v, Cls) and v.info in self.holders for v in callee):
            return Standing.CLOSED
        if any(isinstance(v, Ext) and canonical(v.name) in OPENERS for v in callee):
            return Standing.CLOSED
        base = node.func.value if isinstance(node.func, ast.Attribute) else None
        return Standing.CLOSED if base is not None and self._carries(self.program.values(base)) else Standing.GIVEN

    # -- over the whole program ----------------------------------------------------------------------

    def _carries(self, values: Values) -> bool:
        return has(values, *KINDS) or any(isinstance(v, Obj) and v.info in self.holders for v in values)

    def _holders(self) -> set[ClassInfo]:
        """Classes whose instances keep a session, themselves or through an object that they keep."""
        found: set[ClassInfo] = set()
        kept = [
            (function.cls, self.program.values(node))
            for function in self.program.functions
            if function.cls is not None
            for node in function.nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if node.value.id == _self_of(function) and self.program.values(node)
        ]
        growing = True
        while growing:
            growing = False
            for cls, values in kept:
                if cls not in found:
                    if has(values, *KINDS) or any(isinstance(v, Obj) and v.info in found for v in values):
                        found |= {cls, *self.program.classes.descendants(cls)}
                        growing = True
        return found

    def _touching(self) -> set[FunctionInfo]:
        """Functions that have to do with sessions, themselves or through what they call."""
        found: set[FunctionInfo] = set()
        queue = [
            f
            for f in self.program.functions
            if any(has(self.program.values(n), *KINDS) for n in (*f.nodes, *f.parameters))
        ]
        while queue:
            function = queue.pop()
            if function in found:
                continue
            found.add(function)
            for node in (*self.index.callers[function], *self.index.consumers[function], *self.index.handed[function]):
                outer = self.program.function_of(node)
                queue += [outer] if outer is not None else []
        return found


def opens_itself(group: Group) -> bool:
    """Whether a group works with sessions of its own alone, closed or not: it can be run to its end in any thread."""
    return group.standing is not Standing.GIVEN and not group.root.is_generator


def _self_of(function: FunctionInfo) -> str:
    return function.parameters[0].arg if function.parameters else ""


def _worse(one: Standing, other: Standing) -> Standing:
    order = (Standing.CLOSED, Standing.SHARED, Standing.GIVEN)
    return max(one, other, key=order.index)

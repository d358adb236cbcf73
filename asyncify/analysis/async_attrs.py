"""`await user.awaitable_attrs.posts`: attributes that load themselves where they are awaited.

Source: SQLAlchemy asyncio, "Preventing Implicit IO when Using AsyncSession", `AsyncAttrs`, of 2.0.13.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache

from asyncify.analysis.classes import BASE_FACTORIES, DECLARATIVE_BASE
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext, Obj
from asyncify.knowledge.names import AWAITABLE_ATTRS

MIXIN = "sqlalchemy.ext.asyncio.AsyncAttrs"
SINCE = (2, 0, 13)
BASES = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
#: what stands in the place of instances in tests, and has no such attribute
_STAND_INS = re.compile(r"[Mm]ock|SimpleNamespace|namedtuple")


@dataclass(frozen=True)
class DeclaredBase:
    """A declarative base class of a program. node: its class, or the `declarative_base()` that makes it.

    mixed: it has the attribute already.
    """

    path: str
    node: ast.ClassDef | ast.Call
    mixed: bool = False


class AsyncAttributes:
    """Tells which attributes can be awaited: of instances of classes whose base is, or can be, mixed with `AsyncAttrs`.

    None at all where SQLAlchemy may be too old, or where tests put other objects in the place of instances.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._base = cache(self._find_base)
        self._mixes = mixes_attributes(program)

    def bases(self, node: ast.expr) -> frozenset[DeclaredBase]:
        """The declarative bases of the instances that an expression means; none where one of them has no such
        attribute, or where they are not known."""
        values = self._program.values(node)
        found = {self._base(v.info) if isinstance(v, Obj) else None for v in values}
        kept = frozenset(base for base in found if base is not None)
        if len(kept) < len(found) or (not all(base.mixed for base in kept) and not self._mixes):
            return frozenset()
        return kept

    def _find_base(self, info: ClassInfo) -> DeclaredBase | None:
        classes, names = self._program.classes, self._program.names
        if not self._program.orm.is_model(info):
            return None
        mixed = classes.derives_from(info, MIXIN)
        found: set[DeclaredBase] = set()
        for one in classes.program_ancestors(info):
            before = len(found)
            for base in one.node.bases:
                meant = names.resolve_expression(one.path, base)
                if isinstance(meant, Ext) and meant.name in BASES:
                    found.add(DeclaredBase(one.path, one.node, mixed))
                elif isinstance(meant, Assigned) and isinstance(meant.value, ast.Call):
                    made = names.resolve_expression(meant.path, meant.value.func)
                    plain = not meant.value.args and not any(k.arg in ("cls", None) for k in meant.value.keywords)
                    if isinstance(made, Ext) and made.name in BASE_FACTORIES and (plain or mixed):
                        found.add(DeclaredBase(meant.path, meant.value, mixed))
            decorated = DECLARATIVE_BASE in classes.bases(one) and one.node.decorator_list
            if decorated and len(found) == before and not one.node.bases:
                found.add(DeclaredBase(one.path, one.node, mixed))
        return found.pop() if len(found) == 1 else None


def read_of(program: Program, node: ast.AST) -> tuple[ast.expr, str] | None:
    """The instance and the attribute of `instance.awaitable_attrs.name`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == AWAITABLE_ATTRS:
        if any(isinstance(v, Obj) and program.orm.is_model(v.info) for v in program.values(node.value.value)):
            return node.value.value, node.attr
    return None


def mixes_attributes(program: Program) -> bool:
    """Whether the SQLAlchemy of a program has `AsyncAttrs`, and its tests read from instances alone."""
    stands = any(is_test(path) and _STAND_INS.search(m.source.text) for path, m in program.modules.items())
    return not stands and _has_mixin(program)


def _has_mixin(program: Program) -> bool:
    project = read_dependencies(program.workspace.files)
    exact, series = project.exact("sqlalchemy"), project.sqlalchemy
    if exact is not None:
        return exact >= SINCE or (len(exact) < 3 and exact >= (2,))
    return series is None or series >= (2,)  # an install gives the latest of them

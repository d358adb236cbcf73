"""Sessions that factory_boy factories are given: the sync session inside the async one.

Source: factory_boy 3.3 reference, "SQLAlchemy" (`sqlalchemy_session`, `sqlalchemy_session_factory`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import of_type
from asyncify.knowledge import names
from asyncify.knowledge.object_factories import SESSION_OPTION
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Op, Replace, ReplaceStatement

BECAUSE = "factory_boy works on a sync session"


def factory_session_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """`UserFactory._meta.sqlalchemy_session = db`, and the option in `class Meta` of a factory."""
    source = module.source
    in_meta = {
        stmt
        for info in module.classes.values()
        if program.object_factories.is_factory(info)
        for meta in info.node.body
        if isinstance(meta, ast.ClassDef)
        for stmt in meta.body
    }
    for node in source.nodes:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name):
            given = node in in_meta and target.id == SESSION_OPTION
        else:
            given = isinstance(target, ast.Attribute) and target.attr == SESSION_OPTION and _is_meta(target.value)
        sessions = of_type(program.values(node.value), names.SESSION)
        if not given or not sessions:
            continue
        op: Op = Replace("$it.sync_session")
        place: ast.AST = node.value
        if all(s.type == names.SCOPED_SESSION for s in sessions):  # which session it is, is known at each use alone
            text = f"{source.segment(target)}_factory = lambda: $v().sync_session"
            op, place = ReplaceStatement(text, (Hole("v", source.span(node.value)),)), node
        yield Edit("session", module.path, source.target(place), op, (), (), "flip", BECAUSE)


def _is_meta(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "_meta"

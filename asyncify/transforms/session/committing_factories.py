"""Factories that commit what they make: a sync session expired it then, and a test read it as the database has it.

An id that was given as text is a number afterwards, a time has no zone any more. The async session keeps what it was
given, so the factory reads the columns again. Relationships stay as they are: a sync session would load those that are
read, an async one cannot. Sources: factory_boy 3.3 reference, `sqlalchemy_session_persistence`, `Factory._create`;
SQLAlchemy "Session Basics", "Committing".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.expiry.events import commits_expire
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, ModuleInfo
from asyncify.knowledge.object_factories import COMMITS, PERSISTENCE
from asyncify.model.edit import Edit
from asyncify.model.ops import InsertStatements

BECAUSE = "a commit expired what a factory had made, and it was read again"
CREATE = "_create"

_METHOD = '''\

@classmethod
def {create}(cls, model_class, *args, **kwargs):
    """What a commit stored is as the database has it."""
    made = super().{create}(model_class, *args, **kwargs)
    state = {inspect}(made)
    state.session.refresh(made, state.mapper.column_attrs.keys())
    return made
'''


def committing_factory_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """A method for each factory that says that it commits, and that has none yet."""
    for info in module.classes.values():
        meta = _committing(info)
        if meta is None or not program.object_factories.is_factory(info) or _is_done(program, info):
            continue
        if not commits_expire(program) or not program.colouring.becomes_async:
            return
        inspect, imports = bring(program, module.path, "sqlalchemy", "inspect")
        op = InsertStatements(_METHOD.format(create=CREATE, inspect=inspect), "after")
        yield Edit("session", module.path, module.source.target(meta), op, imports, (), "flip", BECAUSE)


def _committing(info: ClassInfo) -> ast.ClassDef | None:
    """The `class Meta` of a factory, where it says that it commits."""
    for meta in info.node.body:
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta":
            for stmt in meta.body:
                if isinstance(stmt, ast.Assign) and any(getattr(t, "id", "") == PERSISTENCE for t in stmt.targets):
                    if _said(stmt.value) in COMMITS:
                        return meta
    return None


def _said(value: ast.expr) -> object:
    """`"commit"`, or the name of the constant of factory_boy."""
    return value.value if isinstance(value, ast.Constant) else getattr(value, "attr", getattr(value, "id", ""))


def _is_done(program: Program, info: ClassInfo) -> bool:
    """Whether a factory, or one above it, creates in its own way, or gets the method."""
    above = [base for base in program.classes.ancestors(info) if isinstance(base, ClassInfo)]
    return any(CREATE in base.methods for base in above) or any(_committing(base) for base in above if base is not info)

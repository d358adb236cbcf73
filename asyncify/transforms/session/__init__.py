"""The transform `session`: factories, session classes and annotations."""

from __future__ import annotations

from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.makers import Made
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Finding
from asyncify.transforms.base import Decisions, Transform
from asyncify.transforms.session.backref_cascades import backref_edits
from asyncify.transforms.session.committing_factories import committing_factory_edits
from asyncify.transforms.session.examples import EXAMPLES
from asyncify.transforms.session.expiring_listeners import expiring_edits
from asyncify.transforms.session.factories import factory_edits
from asyncify.transforms.session.listened_classes import listened_class_edits
from asyncify.transforms.session.listened_factories import ListenedFactories
from asyncify.transforms.session.object_factories import factory_session_edits
from asyncify.transforms.session.outer_transaction import outer_transaction_edits
from asyncify.transforms.session.own_binds import own_bind_edits
from asyncify.transforms.session.session_libraries import session_library_edits
from asyncify.transforms.session.types import type_edits
from asyncify.transforms.sync_twins import SyncTwins


def plan(program: Program) -> Decisions:
    """Make sessions async, except in files that stay sync."""
    version = read_dependencies(program.workspace.files).sqlalchemy
    legacy = version is not None and version < (2,)
    edits: list[Edit] = []
    findings: list[Finding] = []
    listened = ListenedFactories(program)
    for path in sorted(program.modules):
        if kept_sync(program, path):
            continue
        module = program.modules[path]
        for item in (*factory_edits(program, module, listened, legacy=legacy), *session_library_edits(program, module)):
            if isinstance(item, Edit):
                edits.append(item)
            else:
                findings.append(item)
        edits.extend(factory_session_edits(program, module))
        edits.extend(committing_factory_edits(program, module))
        edits.extend(type_edits(program, module, legacy=legacy))
        edits.extend(expiring_edits(program, module))
        edits.extend(own_bind_edits(program, module))
        if legacy:
            edits.extend(outer_transaction_edits(program, module))
            edits.extend(backref_edits(program, module))
    for item in (*listened.edits(), *SyncTwins(program, "session", Made.FACTORY).edits()):
        if isinstance(item, Edit):
            edits.append(item)
        else:
            findings.append(item)
    edits.extend(listened_class_edits(program))
    return Decisions(tuple(dict.fromkeys(edits)), (), tuple(findings))


SESSION = Transform(
    name="session",
    step="flip",
    summary="Make sessions async: async_sessionmaker, AsyncSession annotations.",
    plan=plan,
    examples=EXAMPLES,
)

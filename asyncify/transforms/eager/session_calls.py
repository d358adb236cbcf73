"""Calls of sessions, and calls that make instances of mapped classes."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Member, is_session
from asyncify.knowledge.library import MAKERS


def session_call(program: Program, node: ast.AST, *methods: str) -> ast.Call | None:
    """The call, when a node is a call of one of these methods of a session."""
    if not isinstance(node, ast.Call):
        return None
    for value in program.values(node.func):
        if isinstance(value, Member) and value.name in methods:
            if is_session(frozenset({value.base})):
                return node
    return None


def is_construction(program: Program, site: ast.Call) -> bool:
    """Whether a call makes an instance of a mapped class."""
    return bool(made_classes(program, site))


def made_classes(program: Program, site: ast.Call) -> set[ClassInfo]:
    """The mapped classes that a constructor call makes; `Hero.model_validate(data)` of SQLModel is one."""
    validates = isinstance(site.func, ast.Attribute) and site.func.attr in MAKERS
    maker = site.func.value if isinstance(site.func, ast.Attribute) and validates else site.func
    return {v.info for v in program.values(maker) if isinstance(v, Cls) and program.orm.is_model(v.info)}

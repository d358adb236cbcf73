"""Whether the rows of a statement can repeat an entity, so that `.unique()` must stand for what Query did silently.

Adding it where it is not needed changes nothing; it is left out only where no row can repeat.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.joined_rows import joins_rows
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Ext, Inst, Obj
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import MULTIPLYING, WIDENING
from asyncify.transforms.query.attribute_sites import attribute_models, is_repeating
from asyncify.transforms.query.chains import Chain
from asyncify.transforms.query.shapes import ALIASES, Shape
from asyncify.transforms.query.uses import Uses, method_of

CRITERIA = frozenset({"filter", "where", "order_by", "group_by", "having", "filter_by", "distinct"})
#: methods of relationships and subqueries whose criteria add no FROM to the statement around them
ENCLOSING = frozenset({"any", "has", "exists", "contains", "scalar_subquery", "as_scalar", "subquery", "label"})


def needs_unique(uses: Uses, node: ast.AST, chain: Chain, shape: Shape) -> bool:
    """Whether results must be made unique. With yield_per Query keeps repeats too."""
    if not shape.uniquing or "yield_per" in chain.methods:
        return False
    if chain.combined is not None or uses.is_combined(node):
        return uses.is_mixed(node) or uses.keeps_repeats(node)
    return _repeats(uses, node, chain)


def _repeats(uses: Uses, node: ast.AST, chain: Chain) -> bool:
    program = uses.program
    models = set(_models(uses, node))
    return (
        bool(chain.methods & (MULTIPLYING | WIDENING))
        or not models
        or any(is_repeating(program, s) for s in uses.holds[node].sites if isinstance(s, ast.Attribute))
        or any(joins_rows(program, m) for m in models)
        or any(_eager_collection(program, a) for call in chain.named("options") for a in call.args)
        or any(foreign(program, call, models) for call in chain.links if method_of(call) in CRITERIA)
        or not _only_entities(uses, node)
    )


def _models(uses: Uses, node: ast.AST) -> Iterator[ClassInfo]:
    """The entities in what is selected."""
    for site in uses.holds[node].sites:
        if isinstance(site, ast.Attribute):
            yield from attribute_models(uses.program, site)
            continue
        for argument in uses.entities(site):
            for value in uses.program.values(argument):
                if isinstance(value, Cls):
                    yield value.info
                elif isinstance(value, Inst) and value.type in ALIASES:
                    yield from (v.info for v in value.args[0] if isinstance(v, Cls))


def _only_entities(uses: Uses, node: ast.AST) -> bool:
    """Whether nothing but entities and their own columns is selected: what is not known can come from anywhere."""
    for site in uses.holds[node].sites:
        models = set(_models(uses, node))
        for argument in uses.entities(site) if isinstance(site, ast.Call) else ():
            if isinstance(argument, ast.Starred):
                return False
            values = uses.program.values(argument)
            entity = any(isinstance(v, Cls) or (isinstance(v, Inst) and v.type in ALIASES) for v in values)
            if not entity and len(uses.entities(site)) > 1:
                named = set(mentioned(uses.program, argument))
                if not named or not all(_related(uses.program, m, models) for m in named):
                    return False
    return True


def _eager_collection(program: Program, option: ast.expr) -> bool:
    """Whether a loader option can join a collection into the statement."""
    if not isinstance(option, ast.Call):
        return True  # an option from elsewhere
    joined = False
    node: ast.expr = option
    while isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if not isinstance(node.func, ast.Attribute):
            found = [v.name for v in program.values(node.func) if isinstance(v, Ext)]
            if not found:
                return True
            name = found[0].rpartition(".")[2]
        if name in ("joinedload", "contains_eager", "subqueryload", "options"):
            joined |= name in ("contains_eager", "options") or (
                name == "joinedload" and any(_collection(program, a) for a in node.args)
            )
        node = node.func.value if isinstance(node.func, ast.Attribute) else ast.Constant(value=None)
    return joined


def _collection(program: Program, path: ast.expr) -> bool:
    if isinstance(path, ast.Attribute):
        for value in program.values(path.value):
            if isinstance(value, Cls):
                relationship = program.orm.relationship(value.info, path.attr)
                if relationship is not None and relationship.target is not None:
                    target = joins_rows(program, relationship.target)
                    return relationship.collection or target
    return True


def foreign(program: Program, call: ast.Call, models: set[ClassInfo]) -> bool:
    """Whether the criteria of a link can bring another table into the statement."""
    if method_of(call) == "filter_by":
        return False
    for argument in call.args:
        if isinstance(argument, (ast.Starred, ast.Name)) and not program.values(argument):
            return True
        if isinstance(argument, ast.Call) and not isinstance(argument.func, ast.Attribute):
            if not any(isinstance(v, Ext) for v in program.values(argument.func)):
                return True  # criteria that a function makes
        if any(not _related(program, m, models) for m in mentioned(program, argument)):
            return True
        if isinstance(argument, ast.Compare) and _unknown_column(program, argument.left):
            return True
    return False


def _unknown_column(program: Program, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and not program.values(node)


def _related(program: Program, model: ClassInfo | None, models: set[ClassInfo]) -> bool:
    return model is not None and any(program.classes.are_kin(model, m) for m in models)


def mentioned(program: Program, node: ast.AST) -> Iterator[ClassInfo | None]:
    """The models whose columns an expression names, those inside subqueries not counted; None for other tables."""
    values = program.values(node)
    if any(isinstance(v, Inst) and v.type in (names.QUERY, names.SELECT) for v in values):
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        base = node.func.value
        held = program.values(base)
        if node.func.attr in ENCLOSING and not isinstance(base, ast.Name):
            yield from mentioned(program, base)
            return
        if any(isinstance(v, Inst) and v.type in (names.QUERY, names.SELECT) for v in held):
            return
    for value in values:
        if isinstance(value, Cls):
            if not program.classes.derives_from(value.info, *names.ENUMS):  # its members are values, and no columns
                yield value.info
        elif isinstance(value, Inst) and value.type in ALIASES:
            yield None
    if any(isinstance(v, Obj) for v in values):
        return
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in ("c", "columns")
    ):
        yield None  # of a subquery or a table
    for child in ast.iter_child_nodes(node):
        yield from mentioned(program, child)

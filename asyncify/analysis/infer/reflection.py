"""Attributes by a name that is put together at run time, and containers that fill themselves.

Source: Python reference, `getattr`; collections, `defaultdict`.
"""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase

from asyncify.analysis.infer.attributes import attribute
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Cls, Const, Ext, Inst, Obj, Pattern, Values, collection, union
from asyncify.knowledge import names


def attribute_by_name(run: Run, base: Values, texts: Values, node: ast.AST) -> Values:
    """`getattr(self, f"do_{what}")`: every method whose name can be meant.

    Where nothing is known of the name, that is noted: any relationship may be read there.
    """
    found = [attribute(run, base, v.text, node) for v in texts if isinstance(v, Const)]
    patterns = [v.text for v in texts if isinstance(v, Pattern) and v.text.strip("*")]
    for pattern in patterns:
        found += [attribute(run, base, name, node) for name in _methods_like(run, base, pattern)]
    if not found and not patterns:
        # `getattr(client, method)`: one of those that send a request, which are all used alike
        clients = frozenset(v for v in base if isinstance(v, Inst) and v.type == names.TEST_CLIENT)
        if clients:
            return attribute(run, clients, "request", node)
        run.record.nameless.update((value.info, node) for value in base if isinstance(value, Obj))
    return union(found)


def _methods_like(run: Run, base: Values, pattern: str) -> list[str]:
    known_names: set[str] = set()
    for value in base:
        for cls in run.engine.classes.ancestors(value.info) if isinstance(value, (Obj, Cls)) else ():
            if isinstance(cls, ClassInfo):
                known = (*cls.methods, *run.engine.orm.relationships(cls))
                known_names.update(name for name in known if fnmatchcase(name, pattern))
    return sorted(known_names)


def default_dictionary(factory: Values) -> Values:
    """`defaultdict(list)`: its values are empty lists at first."""
    kinds = {v.name.removeprefix("builtins.") for v in factory if isinstance(v, Ext)} & {"list", "set", "dict"}
    made = {collection(k, NOTHING) if k != "dict" else Inst("dict", (NOTHING, NOTHING)) for k in kinds}
    return frozenset({Inst("dict", (NOTHING, frozenset(made)))})

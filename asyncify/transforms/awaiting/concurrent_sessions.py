"""Coroutines that run at once with one session: `asyncio.gather(send(db), count(db))`, `create_task(send(db))`.

A sync session blocked the event loop, so none of them was interrupted while it worked. An async session waits, and
refuses what comes meanwhile. Source: SQLAlchemy asyncio, "Using AsyncSession with Concurrent Tasks". Where nothing but
such coroutines is gathered, and waited for at once, they follow one another.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, Inst, has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Hole, Op, Replace, ReplaceStatement

#: what runs several coroutines at once, and what begins one beside its caller. Source: Python, "Coroutines and tasks"
GATHERS = frozenset({"asyncio.gather"})
STARTS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})


BECAUSE = "an async session does one thing at a time"


def concurrent_sessions(program: Program, module: ModuleInfo) -> Iterator[Edit | Finding]:
    """The edits, or the finding, of each such place of a file of the app."""
    for node in module.source.nodes_of(ast.Call) if not is_test(module.path) else ():
        called = {value.name for value in program.values(node.func) if isinstance(value, Ext)}
        if called & GATHERS:
            given = [session for argument in node.args for session in _given(program, argument)]
            several = [session for session, count in Counter(given).items() if count > 1]
            text = "coroutines that run at once share the session {}, which does one thing at a time"
            advice = "await them one after another, or open a session in each"
        elif called & STARTS and not isinstance(module.source.parent(node), ast.Await):
            several = [session for argument in node.args[:1] for session in _given(program, argument)]
            text = "a task runs beside what follows with the session {}, which does one thing at a time"
            advice = "await it there, or open a session in it"
        else:
            continue
        if several and program.function_of(node) not in program.colouring.kept:
            op = _one_by_one(program, module, node)
            if op is not None:
                target, drops = module.source.target(op[0]), tuple(n.id for n in _names(node.func))
                yield Edit("await", module.path, target, op[1], (), drops, "flip", BECAUSE)
                continue
            span = module.source.span(node)
            yield Finding("await", module.path, span, "concurrent-session", text.format(several[0]), advice)


def _one_by_one(program: Program, module: ModuleInfo, node: ast.Call) -> tuple[ast.AST, Op] | None:
    """What becomes of `await asyncio.gather(send(db), count(db))`, and of which node; None where it must be told."""
    waiting = module.source.parent(node)
    shared = [set(_given(program, argument)) for argument in node.args]
    if not isinstance(waiting, ast.Await) or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    if len(shared) < 2 or not set.intersection(*shared) or program.function_of(node) is None:
        return None
    if any(_coordinates(program, argument) for argument in node.args):
        return None  # one waits for what the other does: it would wait for ever
    holes = tuple(Hole(f"a{n}", module.source.span(argument)) for n, argument in enumerate(node.args))
    stmt = module.source.parent(waiting)
    if isinstance(stmt, ast.Expr):
        return stmt, ReplaceStatement("\n".join(f"await ${hole.name}" for hole in holes), holes)
    return waiting, Replace(f"[{', '.join(f'await ${hole.name}' for hole in holes)}]", holes)


def _coordinates(program: Program, argument: ast.expr) -> bool:
    """Whether a coroutine is given a queue or the like: `consume(db, queue)`."""
    given = [*argument.args, *(k.value for k in argument.keywords)] if isinstance(argument, ast.Call) else []
    held = (value for node in given for value in program.values(node))
    return any(isinstance(value, Inst) and value.type.partition(".")[0] == "asyncio" for value in held)


def _names(node: ast.expr) -> Iterator[ast.Name]:
    return (n for n in ast.walk(node) if isinstance(n, ast.Name))


def _given(program: Program, argument: ast.expr) -> Iterator[str]:
    """The sessions that the coroutines of an argument work with; twice, where a comprehension makes several of them."""
    times, made = 1, argument.value if isinstance(argument, ast.Starred) else argument
    if isinstance(made, (ast.ListComp, ast.GeneratorExp)):
        bound = {n.id for part in made.generators for n in _names(part.target)}
        times, made = 2, made.elt
    else:
        bound = set()
    if not isinstance(made, ast.Call) or not any(program.colouring.waits(t.info) for t in program.calls(made)):
        return
    for value in (*made.args, *(k.value for k in made.keywords)):
        if isinstance(value, (ast.Name, ast.Attribute)) and has(program.values(value), names.SESSION):
            if not bound & {n.id for n in _names(value)}:
                yield from [ast.unparse(value)] * times

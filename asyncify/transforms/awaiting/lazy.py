"""Generator expressions with awaits are async generators: who reads them must know.

Where the reader stops early (`any`, `all`, `next`), it still does; other plain readers are given a list. Sources:
Python reference, "Asynchronous generator expressions"; library reference, `anext`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.barriers import TAKES_ASYNC_ITERABLES
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Op, Replace, SetAsync
from asyncify.transforms.awaiting.context import Context, context_of, generator_targets
from asyncify.transforms.awaiting.templates import arguments

BECAUSE = "a generator with awaits is async"


class GeneratorExpressions:
    """Decides on the generator expressions of one module. waiting: the nodes that will contain an await."""

    def __init__(self, program: Program, module: ModuleInfo, waiting: Set[ast.AST]) -> None:
        self.program = program
        self.module = module
        self.source = module.source
        self.waiting = waiting

    def edits(self) -> Iterator[Edit]:
        """All edits of generator expressions and of what reads them."""
        for node in self.source.nodes:
            if isinstance(node, ast.GeneratorExp) and not any(part.is_async for part in node.generators):
                over = self._over(node)
                if over or self._waits(node):
                    yield from self._edit(node, over)

    def _waits(self, node: ast.GeneratorExp) -> bool:
        """Whether an await stands in it; what it begins with is evaluated outside."""
        outside = set(ast.walk(node.generators[0].iter))
        return any(inner in self.waiting and inner not in outside for inner in ast.walk(node))

    def _over(self, node: ast.GeneratorExp) -> tuple[int, ...]:
        """The loops that become `async for`."""
        colouring = self.program.colouring
        if context_of(self.program, colouring, self.module, node) is not Context.AWAIT:
            return ()
        return tuple(
            i for i, part in enumerate(node.generators) if generator_targets(self.program, colouring, part.iter)
        )

    def _edit(self, node: ast.GeneratorExp, over: tuple[int, ...]) -> Iterator[Edit]:
        reader = self.source.parent(node)
        if isinstance(reader, ast.Call) and node in reader.args:
            if not self._takes_async(reader):
                yield self._read_by_call(reader, node, over)
            elif over:
                yield self._made(reader, SetAsync(True, over))
            return
        if isinstance(reader, ast.For) and node is reader.iter and not over:
            yield self._made(reader, SetAsync())
            return
        text, holes = self._comprehension(node, over)
        kept = isinstance(reader, (ast.Return, ast.NamedExpr))
        kept = kept or (isinstance(reader, ast.Assign) and isinstance(reader.targets[0], ast.Name))
        yield self._made(node, Replace(f"iter([{text}])" if kept else f"[{text}]", holes))

    def _takes_async(self, call: ast.Call) -> bool:
        called = self.program.values(call.func)
        return any(isinstance(v, Ext) and canonical(v.name) in TAKES_ASYNC_ITERABLES for v in called)

    def _read_by_call(self, call: ast.Call, node: ast.GeneratorExp, over: tuple[int, ...]) -> Edit:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        alone = len(call.args) == 1 and not call.keywords
        text, holes = self._comprehension(node, over)
        if alone and name in ("any", "all"):
            return self._made(call, self._until(node, over, found=name == "any"))
        if name == "next" and node is call.args[0] and not self._expects_end(call):
            rest, more = arguments(self.source, call, first=1)
            return self._made(call, Replace(f"await anext(({text}){', ' + rest if rest else ''})", (*holes, *more)))
        if alone and name in ("list", "set"):
            return self._made(call, Replace(f"[{text}]" if name == "list" else f"{{{text}}}", holes))
        items = f"iter([{text}])" if name == "next" else f"[{text}]"
        if node is not call.args[0]:
            return self._made(node, Replace(items, holes))
        rest, more = arguments(self.source, call, first=1)
        function = Hole("f", self.source.span(call.func))
        return self._made(call, Replace(f"$f({items}{', ' + rest if rest else ''})", (function, *holes, *more)))

    def _until(self, node: ast.GeneratorExp, over: tuple[int, ...], *, found: bool) -> Replace:
        """`any(f(x) for x in y)` to `await anext((True for x in y if await f(x)), False)`: no further than before."""
        text, holes = self._comprehension(node, over)
        loops = text.removeprefix("$elt")
        constant = isinstance(node.elt, ast.Constant) and bool(node.elt.value) is found
        test = "" if constant else f" if {'' if found else 'not '}$elt"
        return Replace(f"await anext(({found}{loops}{test}), {not found})", holes)

    def _comprehension(self, node: ast.GeneratorExp, over: tuple[int, ...]) -> tuple[str, tuple[Hole, ...]]:
        holes = [Hole("elt", self.source.span(node.elt))]
        text = "$elt"
        for index, part in enumerate(node.generators):
            holes += [Hole(f"t{index}", self.source.span(part.target)), Hole(f"i{index}", self.source.span(part.iter))]
            text += f" {'async ' if index in over else ''}for $t{index} in $i{index}"
            for number, test in enumerate(part.ifs):
                holes.append(Hole(f"c{index}_{number}", self.source.span(test)))
                text += f" if $c{index}_{number}"
        return text, tuple(holes)

    def _expects_end(self, node: ast.AST) -> bool:
        """Whether `except StopIteration` stands around a node: `anext` raises another error."""
        inner, outer = node, self.source.parent(node)
        while outer is not None and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(outer, ast.Try) and inner in outer.body:
                names = {n.id for h in outer.handlers for n in ast.walk(h.type or h) if isinstance(n, ast.Name)}
                if "StopIteration" in names:
                    return True
            inner, outer = outer, self.source.parent(outer)
        return False

    def _made(self, node: ast.AST, op: Op) -> Edit:
        return Edit("await", self.module.path, self.source.target(node), op, (), (), "flip", BECAUSE)

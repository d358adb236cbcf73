"""Reads by templates: what `TemplateResponse` and `render` hand over, and what the template reads of it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.templates import TemplateFiles, TemplateRun
from asyncify.analysis.values import NOTHING, Const, Fn, Obj, Rec, Values, has, is_session, objects, union
from asyncify.knowledge import names
from asyncify.transforms.eager.reading import Reader, Reading

#: how many functions around `TemplateResponse` are looked through
WRAPPERS = 3


@dataclass(frozen=True, eq=False)
class Frame:
    """A call of a function, and the call of the function in which that stands."""

    function: FunctionInfo
    path: str
    call: ast.Call
    skips: int
    outer: Frame | None = None

    def argument(self, name: str) -> ast.expr | None:
        """The expression that a parameter gets."""
        spec = self.function.node.args
        for keyword in self.call.keywords:
            if keyword.arg == name:
                return keyword.value
        for arg, value in zip([*spec.posonlyargs, *spec.args][self.skips :], self.call.args, strict=False):
            if arg.arg == name and not isinstance(value, ast.Starred):
                return value
        return self.function.default_of(name)

    def extra(self) -> dict[str, ast.expr]:
        """The keywords that end in `**kwargs`."""
        known = {p.arg for p in self.function.parameters}
        return {k.arg: k.value for k in self.call.keywords if k.arg is not None and k.arg not in known}


class _Walker:
    """Reads for one template of one response. within: what the function runs that renders it."""

    def __init__(self, reading: Reading, reader: Reader, within: frozenset[FunctionInfo]) -> None:
        self.reading = reading
        self.reader = reader
        self.within = within

    def attribute(self, base: Values, name: str) -> Values:
        inner = self.reader.inner
        inside = frozenset(v for v in base if inner is not None and self._is_inside(v))
        if inner is None or not inside:
            return self.reading.attribute(base, name, self.reader)
        outside = self.reading.attribute(base - inside, name, self.reader) if base - inside else NOTHING
        return outside | self.reading.attribute(inside, name, inner)

    def _is_inside(self, value: object) -> bool:
        """Whether an instance is loaded in there, or where nobody knows."""
        if not isinstance(value, Obj):
            return False
        return value.origin is None or self.reading.program.function_of(value.origin.site) in self.within

    def elements(self, base: Values) -> Values:
        return self.reading.elements(base)

    def call(self, base: Values, name: str) -> Values:
        found: list[Values] = []
        for value in objects(base):
            if value.origin is None or not self.reading.program.orm.is_model(value.info):
                continue
            classes = self.reading.program.classes
            method = classes.method(value.info, name)
            if method is None and name == "__str__":
                method = classes.method(value.info, "__repr__")
            if method is not None:
                self.reading.note_call(method, value.origin, self.reader)
                found.append(self.reading.result(method, value.origin))
        return union(found)


class Pages:
    """Notes what templates read. One for each program. missing: templates that are not in the repository."""

    def __init__(self, reading: Reading, reach: Reach) -> None:
        self.reading = reading
        self.reach = reach
        self.program: Program = reading.program
        self.files = TemplateFiles(self.program.workspace.files)
        self.missing: list[tuple[str, ast.Call, str]] = []
        self._callers: dict[FunctionInfo, list[tuple[str, ast.Call, Fn]]] = defaultdict(list)

    def read(self) -> None:
        """Go through all places that render."""
        places: list[tuple[str, ast.Call]] = []
        for path in sorted(self.program.modules):
            for node in self.program.modules[path].source.nodes:
                if isinstance(node, ast.Call):
                    for function in self.program.calls(node):
                        self._callers[function.info].append((path, node, function))
                    places.append((path, node))
        for path, node in places:
            self._place(path, node)

    def _place(self, path: str, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Attribute):
            return
        base = self.program.values(node.func.value)
        if node.func.attr == "TemplateResponse":
            keywords = {k.arg: k.value for k in node.keywords if k.arg}
            positional = list(node.args)
            if positional and not self._is_name(path, positional[0]):
                positional.pop(0)  # the request comes first since Starlette 0.29
            name = keywords.get("name", positional[0] if positional else None)
            context = keywords.get("context", positional[1] if len(positional) > 1 else None)
            self._render(path, node, name, [context] if context is not None else [], {})
        elif node.func.attr in ("render", "render_async") and not has(base, names.SESSION):
            inner = node.func.value
            if isinstance(inner, ast.Name):
                inner = self._assigned(path, inner)
            if isinstance(inner, ast.Call) and getattr(inner.func, "attr", "") in ("get_template", "select_template"):
                spread = [k.value for k in node.keywords if k.arg is None]
                named = {k.arg: k.value for k in node.keywords if k.arg is not None}
                self._render(path, node, inner.args[0] if inner.args else None, [*node.args, *spread], named)

    def _assigned(self, path: str, node: ast.Name) -> ast.expr:
        """The last thing that a local name was set to above."""
        function = self.program.function_of(node)
        body = function.node if function is not None else self.program.modules[path].source.tree
        found: ast.expr = node
        for stmt in ast.walk(body):
            if isinstance(stmt, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in stmt.targets):
                found = stmt.value
        return found

    def _is_name(self, path: str, node: ast.expr) -> bool:
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.IfExp)):
            return True
        if has(self.program.values(node), names.REQUEST) or getattr(node, "id", getattr(node, "attr", "")) == "request":
            return False
        return bool(list(self._texts(path, node, None))) or any(isinstance(v, Const) for v in self.program.values(node))

    # -- what a place renders ------------------------------------------------------------------------

    def _render(
        self, path: str, call: ast.Call, name: ast.expr | None, contexts: list[ast.expr], named: Mapping[str, ast.expr]
    ) -> None:
        if name is None:
            return
        function = self.program.function_of(call)
        parts = [name, *contexts, *named.values()]
        for frame in self._frames(function, parts, 0):
            at, reader_path = (frame.call, frame.path) if frame is not None else (call, path)
            held: dict[str, Values] = {key: self._values(value, frame) for key, value in named.items()}
            for context in contexts:
                held.update(self._context(path, context, frame))
            for text in sorted(set(self._texts(path, name, frame))):
                reader = Reader(path, call, "template", f"the template {text}")
                within = self.reach.of(function) if function is not None else frozenset()
                if at is not call:
                    waits = function is not None and self._has_session(function)
                    reader = replace(reader, path=reader_path, node=at, inner=reader if waits else None)
                run = TemplateRun(self.files, _Walker(self.reading, reader, within), path)
                if not run.render(text, held):
                    self.missing.append((reader_path, at, text))

    def _has_session(self, function: FunctionInfo) -> bool:
        """Whether a function that renders may wait for the database."""
        used = (node for node in function.nodes if isinstance(node, ast.Name))
        return function.is_async or any(is_session(self.program.values(name)) for name in used)

    def _frames(self, function: FunctionInfo | None, parts: list[ast.expr], depth: int) -> Iterator[Frame | None]:
        """The ways in which the function around a place is called, where that decides what is rendered."""
        arguments = function.node.args if function is not None else None
        own = {p.arg for p in function.parameters} if function is not None else set()
        if arguments is not None and arguments.kwarg is not None:
            own.add(arguments.kwarg.arg)
        used = {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}
        callers = self._callers.get(function, []) if function is not None else []
        if function is None or not used & own or not callers or depth >= WRAPPERS:
            yield None
            return
        for path, call, target in callers:
            around = self.program.function_of(call)
            for outer in self._frames(around, [*call.args, *(k.value for k in call.keywords)], depth + 1):
                yield Frame(function, path, call, int(target.bound and function.cls is not None), outer)

    def _bound(self, node: ast.expr, frame: Frame | None) -> tuple[ast.expr, Frame] | None:
        """What a name that is a parameter stands for, and the frame in which to read that."""
        if frame is None or not isinstance(node, ast.Name):
            return None
        value = frame.argument(node.id) if node.id in {p.arg for p in frame.function.parameters} else None
        return (value, frame) if value is not None else None

    def _texts(self, path: str, node: ast.expr, frame: Frame | None) -> Iterator[str]:
        bound = self._bound(node, frame)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from self._texts(path, node.body, frame)
            yield from self._texts(path, node.orelse, frame)
        elif bound is not None:
            yield from self._texts(bound[1].path, bound[0], bound[1].outer)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            meant = self.program.names.resolve_expression(path, node)
            if isinstance(meant, Assigned):
                yield from self._texts(meant.path, meant.value, None)
            elif isinstance(node, ast.Name):
                inner = self._assigned(path, node)
                if inner is not node:
                    yield from self._texts(path, inner, frame)

    def _context(self, path: str, node: ast.expr, frame: Frame | None) -> dict[str, Values]:
        """The names that a context gives to a template."""
        if isinstance(node, ast.Dict):
            found: dict[str, Values] = {}
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None:
                    found.update(self._context(path, value, frame))
                elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found[key.value] = self._values(value, frame)
            return found
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
            return {k.arg: self._values(k.value, frame) for k in node.keywords if k.arg is not None}
        if isinstance(node, ast.BinOp):
            return {**self._context(path, node.left, frame), **self._context(path, node.right, frame)}
        if frame is not None and isinstance(node, ast.Name):
            spread = frame.function.node.args.kwarg
            if spread is not None and spread.arg == node.id:
                return {k: self._values(v, frame.outer) for k, v in frame.extra().items()}
            bound = self._bound(node, frame)
            if bound is not None:
                return self._context(bound[1].path, bound[0], bound[1].outer)
        merged: dict[str, Values] = {}
        for record in self.program.values(node):
            for name, held in record.items if isinstance(record, Rec) else ():
                merged[name] = merged.get(name, NOTHING) | held
        return merged

    def _values(self, node: ast.expr, frame: Frame | None) -> Values:
        bound = self._bound(node, frame)
        return self._values(bound[0], bound[1].outer) if bound is not None else self.program.values(node)

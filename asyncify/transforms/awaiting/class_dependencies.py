"""`Depends(Current)` where `Current.__init__` waits: FastAPI would call it outside of SQLAlchemy's greenlet.

An async function with the parameters of `__init__` makes the instance, and is what FastAPI is given instead. Source:
FastAPI "Classes as Dependencies".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Cls, has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import EditCall, Hole, InsertStatements, Op, RenameAttribute, Replace


class ClassDependencies:
    """Decides on the classes of one module that are dependencies, and on its `Depends(...)`."""

    def __init__(self, program: Program, module: ModuleInfo) -> None:
        self.program = program
        self.module = module
        self.source = module.source
        self.findings: list[Finding] = []

    def edits(self) -> Iterator[Edit]:
        """The factories of this module, and its `Depends(...)` that take one, from here or from elsewhere."""
        bridged = self.program.colouring.bridged
        if not any(f.name == "__init__" for f in bridged):
            return
        own = [info for info in self.module.classes.values() if info.methods.get("__init__") in bridged]
        modules = self.program.modules.values() if own else ()
        wanted = {info for module in modules for _, info in self._taken(module)}
        for info in own:
            if info in wanted and self._reason_against(info) is None:
                yield self._factory(info)
        for node, info in self._taken(self.module):
            yield from self._dependency(node, info)

    def _taken(self, module: ModuleInfo) -> Iterator[tuple[ast.Call, ClassInfo]]:
        """The `Depends(...)` of a module that take a class whose constructor waits, each with the class."""
        for node in module.source.nodes_of(ast.Call):
            if has(self.program.values(node), names.DEPENDS):
                yield from ((node, info) for info in self._waiting_classes(module, node))

    def _waiting_classes(self, module: ModuleInfo, node: ast.Call) -> list[ClassInfo]:
        target = _target(module, node)
        found = []
        for value in self.program.values(target) if target is not None else ():
            init = self.program.classes.method(value.info, "__init__") if isinstance(value, Cls) else None
            if isinstance(value, Cls) and init in self.program.colouring.bridged:
                found.append(value.info)
        return found

    def _reason_against(self, info: ClassInfo) -> str | None:
        init = info.methods.get("__init__")
        if init is None:
            return "its constructor is inherited"
        if info.parent_function is not None or info.qualname != info.name:
            return "it is not at the top of its module"
        spec = init.node.args
        return "its constructor takes any arguments" if spec.vararg or spec.kwarg else None

    def _factory(self, info: ClassInfo) -> Edit:
        init = info.methods["__init__"]
        spawn, imports = bring(self.program, self.module.path, "sqlalchemy.util", "greenlet_spawn")
        holes: list[Hole] = []
        parameters: list[str] = []
        given = [info.name]
        own = [*init.node.args.posonlyargs, *init.node.args.args][1:]
        for arg in (*own, *init.node.args.kwonlyargs):
            if arg in init.node.args.kwonlyargs[:1]:
                parameters.append("*")
            parameters.append(self._parameter(init, arg, holes))
            given.append(arg.arg if arg in own else f"{arg.arg}={arg.arg}")
        template = (
            f"async def {self._name(info)}({', '.join(parameters)}) -> {info.name}:\n"
            f'    """FastAPI makes a {info.name} with this: its constructor waits for the database."""\n'
            f"    return await {spawn}({', '.join(given)})"
        )
        op = InsertStatements(template, "after", tuple(holes))
        return self._edit(info.node, op, imports)

    def _parameter(self, init: FunctionInfo, arg: ast.arg, holes: list[Hole]) -> str:
        text = arg.arg
        if arg.annotation is not None:
            holes.append(Hole(f"a_{arg.arg}", self.source.span(arg.annotation)))
            text += f": $a_{arg.arg}"
        default = init.default_of(arg.arg)
        if default is not None:
            holes.append(Hole(f"d_{arg.arg}", self.source.span(default)))
            text += f" = $d_{arg.arg}" if arg.annotation is not None else f"=$d_{arg.arg}"
        return text

    def _name(self, info: ClassInfo) -> str:
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", info.name).lower()
        return free_name(self.program, info.path, f"make_{snake}")

    def _dependency(self, node: ast.Call, info: ClassInfo) -> Iterator[Edit]:
        against = self._reason_against(info)
        target = _target(self.module, node)
        given = _given(node)
        imports = self._imports(target, info) if target is not None else None
        if against is not None or target is None or imports is None:
            message = f"FastAPI calls {info.name}, which waits for the database, by itself"
            message += f" ({against})" if against else ""
            advice = "make the dependency an async function that builds the object"
            span = self.source.span(node)
            self.findings.append(Finding("await", self.module.path, span, "bridge-dependency", message, advice))
            return
        name = self._name(info)
        if given is None:
            source = name if isinstance(target, ast.Name) else f"{ast.unparse(target.value)}.{name}"  # type: ignore[attr-defined]
            yield self._edit(node, EditCall(append=(source,)), imports)
        elif isinstance(given, ast.Attribute):
            yield self._edit(given, RenameAttribute(name), ())
        else:
            yield self._edit(given, Replace(name), imports)

    def _imports(self, target: ast.expr, info: ClassInfo) -> tuple[Import, ...] | None:
        """How this module gets the factory; None where it cannot."""
        if info.path == self.module.path or isinstance(target, ast.Attribute):
            return ()
        if not isinstance(target, ast.Name):
            return None
        for statement in self.module.imports.get(target.id, ()):
            if isinstance(statement, ast.ImportFrom):
                return (Import("." * statement.level + (statement.module or ""), self._name(info)),)
        return None

    def _edit(self, node: ast.AST, op: Op, imports: tuple[Import, ...]) -> Edit:
        because = "a constructor cannot be async"
        return Edit("await", self.module.path, self.source.target(node), op, imports, (), "flip", because)


def _given(node: ast.Call) -> ast.expr | None:
    """What is written in `Depends(...)`."""
    return node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "dependency"), None)


def _target(module: ModuleInfo, node: ast.Call) -> ast.expr | None:
    """What FastAPI calls for a `Depends(...)`: what is written in it, else what the annotation says."""
    given = _given(node)
    if given is not None:
        return given
    outer = module.source.parent(node)
    if isinstance(outer, ast.arguments):
        function = module.source.parent(outer)
        info = module.functions.get(function) if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) else None
        for arg in info.parameters if info is not None else ():
            if info is not None and info.default_of(arg.arg) is node:
                return _bare(arg.annotation)
    if isinstance(outer, ast.Tuple) and isinstance(module.source.parent(outer), ast.Subscript):
        return outer.elts[0]
    return None


def _bare(annotation: ast.expr | None) -> ast.expr | None:
    return annotation if isinstance(annotation, (ast.Name, ast.Attribute)) else None

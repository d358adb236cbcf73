"""Three small transforms for tests of what stands around transforms: the pipeline, the reports, the commands.

`rename` (step `query`) makes `x.legacy` `x.modern` and reports lambdas; `defs` and `calls` (step `flip`) make
the function `work` async and await its calls, as one group.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Finding, TextEdit
from asyncify.model.ops import Hole, Op, RenameAttribute, Replace, SetAsync
from asyncify.model.span import Place, Span, Target
from asyncify.transforms.base import Decisions, Example, Transform

STEPS = ("query", "eager", "flip", "settings")

APP = """\
# the app
def work(x):
    return x.legacy


async def caller(x):
    return work(x)
"""

APP_AFTER = """\
# the app
async def work(x):
    return x.modern


async def caller(x):
    return await work(x)
"""


def _nodes(program: Program) -> Iterator[tuple[str, ast.AST]]:
    for path, source in program.workspace.files.items():
        if path.endswith(".py") and path not in program.broken:
            for node in ast.walk(ast.parse(source)):
                yield path, node


def _span(node: ast.AST) -> Span:
    assert isinstance(node, (ast.expr, ast.stmt)) and node.end_lineno and node.end_col_offset is not None
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def _edit(name: str, path: str, node: ast.AST, op: Op, group: str = "") -> Edit:
    place = Place.STATEMENT if isinstance(node, ast.stmt) else Place.EXPRESSION
    return Edit(name, path, Target(_span(node), place), op, group=group, because="a test wants it")


def _rename(program: Program) -> Decisions:
    nodes = list(_nodes(program))
    edits = [
        _edit("rename", path, node, RenameAttribute("modern"))
        for path, node in nodes
        if isinstance(node, ast.Attribute) and node.attr == "legacy"
    ]
    lambdas = [
        Finding("rename", path, _span(node), "a-lambda", "a lambda [red]here[/red]", "write a function")
        for path, node in nodes
        if isinstance(node, ast.Lambda)
    ]
    return Decisions(tuple(edits), findings=tuple(lambdas))


def _defs(program: Program) -> Decisions:
    found = [(p, n) for p, n in _nodes(program) if isinstance(n, ast.FunctionDef) and n.name == "work"]
    return Decisions(tuple(_edit("defs", path, node, SetAsync(), "work") for path, node in found))


def _calls(program: Program) -> Decisions:
    sync = any(isinstance(n, ast.FunctionDef) and n.name == "work" for _, n in _nodes(program))
    calls = [
        (path, node)
        for path, node in _nodes(program)
        if sync and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "work"
    ]
    return Decisions(
        tuple(
            _edit("calls", path, node, Replace("await $it", (Hole("it", _span(node)),)), "work") for path, node in calls
        )
    )


def _settings(program: Program) -> Decisions:
    text = program.workspace.files.get("requirements.txt", b"").decode()
    if "syncdriver" not in text or "asyncdriver" in text:
        return Decisions()
    change = TextEdit("settings", "requirements.txt", text, text.replace("syncdriver", "asyncdriver"))
    new = TextEdit("settings", "notes.txt", None, "migrated\n")
    return Decisions(text_edits=(change, new))


TRANSFORMS = (
    Transform(
        "rename",
        "query",
        "Renames `legacy` to `modern`.",
        _rename,
        (
            Example("an attribute", "y = x.legacy\nz: Optional[str]\n", "y = x.modern\nz: Optional[str]\n"),
            Example("a lambda", "f = lambda: 0\n", None, ("a-lambda",)),
        ),
    ),
    Transform("defs", "flip", "Makes `work` async.", _defs),
    Transform("calls", "flip", "Awaits calls of `work`.", _calls),
    Transform("settings", "settings", "Changes the driver.", _settings),
)


def put(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder, which is made."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root

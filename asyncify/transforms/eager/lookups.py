"""Options at `session.get(Model, key)`."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from asyncify.analysis.joined_rows import joins_rows
from asyncify.analysis.primary_keys import primary_key
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall, Hole, Replace
from asyncify.transforms.eager.loads import chained, static_class, walks
from asyncify.transforms.eager.missing import Entity, missing
from asyncify.transforms.eager.naming import Namer
from asyncify.transforms.eager.option_values import OptionReader
from asyncify.transforms.eager.options import Renderer, Style
from asyncify.transforms.eager.reading import Steps
from asyncify.transforms.eager.sessions import access


def plan_lookup(
    program: Program, reader: OptionReader, site: ast.Call, path: str, paths: Mapping[Steps, str], *, fresh: bool
) -> tuple[list[Edit], list[Steps], list[Steps]]:
    """The edit that gives a `get` its options, the paths for which none can be written there, and those for which an
    option might contradict another one.

    fresh: nothing can have loaded the same instance into the session before. Where something may have, `get` would
    hand that out and ignore options, so a `select` takes its place: that fills what is not loaded yet.
    """
    model = site.args[0]
    info = static_class(program, path, model)
    left = [p for p in paths if info is None or not walks(program, path, info, p)]
    own = [p for p in paths if p not in left]
    if info is None or not own:
        return [], left, []
    source = program.modules[path].source
    namer = Namer(program, path)
    name = source.segment(model)
    given = next((k.value for k in site.keywords if k.arg == "options"), None)
    there = reader.parse(path, given) if given is not None else []
    part = missing(Renderer(program, namer), Entity(name, info), own, there, Style(joined=not locks(site)))
    listed = isinstance(given, (ast.List, ast.Tuple)) or _is_none(given)
    if part is None or not (listed or all(one.sure for one in there)):
        return [], left, own
    because = next(iter(paths.values()), "")
    imports = tuple(namer.imports)
    again = any(k.arg == "populate_existing" for k in site.keywords)
    if (fresh or again) and not part.options:
        behind = [(source.target(node), chained(link)) for node, link in part.behind]
        made = [Edit("eager", path, target, op, imports, because=because) for target, op in behind]
        return made, left, list(part.refused)
    if len(part.refused) == len(own):
        return [], left, own
    options = ", ".join([*_given(source, given, dict(part.behind)), *part.options])
    key = primary_key(program, info)
    simple = len(site.args) == 2 and {k.arg for k in site.keywords} <= {"options"} and len(key) == 1
    if fresh or again or not simple or not isinstance(site.func, ast.Attribute):
        changes: tuple[tuple[str, str], ...] = (("options", f"[{options}]"),)
        if not fresh and not again:
            changes = (*changes, ("populate_existing", "True"))
        edit: Edit | None = Edit("eager", path, source.target(site), EditCall(set=changes), imports, because=because)
    else:
        several = any(one.loader == "joinedload" for one in there) or joins_rows(program, info)
        edit = _as_select(program, site, path, name, key[0], options, namer, because, several=several)
    if edit is None:
        return [], [*left, *(p for p in own if p not in part.refused)], list(part.refused)
    return [edit], left, list(part.refused)


def locks(call: ast.Call) -> bool:
    """Whether a lookup or a refresh locks its row: what is joined to it would be locked too, and PostgreSQL refuses
    that on the nullable side of an outer join."""
    return any(k.arg == "with_for_update" and not _is_none(k.value) for k in call.keywords)


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _given(source: SourceFile, given: ast.expr | None, behind: Mapping[ast.expr, str]) -> list[str]:
    """The options that a lookup has, with what is chained behind some of them."""
    if given is None or _is_none(given):
        return []
    if not isinstance(given, (ast.List, ast.Tuple)):
        return [f"*{source.segment(given)}"]
    return [source.segment(e) + (f".{behind[e]}" if e in behind else "") for e in given.elts]


def _as_select(
    program: Program,
    site: ast.Call,
    path: str,
    name: str,
    key: str,
    options: str,
    namer: Namer,
    because: str,
    *,
    several: bool,
) -> Edit | None:
    """None where the lookup would have to be awaited and is not, there.

    several: collections may be joined, so that one instance has several rows.
    """
    source = program.modules[path].source
    assert isinstance(site.func, ast.Attribute)
    awaited = source.parent(site)
    is_awaited = isinstance(awaited, ast.Await)
    base = site.func.value
    session = access(program.values(base), "$session", program.function_of(site), is_async=is_awaited)
    if session is None or session.waits is not is_awaited:
        return None
    select = namer.library(session.library, "select")
    holes = (Hole("session", source.span(base)), Hole("key", source.span(site.args[1])))
    end = ".unique()" if several else ""
    end += ".one()" if site.func.attr == "get_one" else ".one_or_none()"
    statement = f"{select}({name}).options({options}).where({name}.{key} == $key)"
    template = session.entities(statement) + end
    target = source.target(awaited if isinstance(awaited, ast.Await) else site)
    return Edit("eager", path, target, Replace(template, holes), tuple(namer.imports), because=because)

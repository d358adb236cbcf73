"""The text of a refresh, or of the load that does more: what is written behind a commit or before a read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from textwrap import indent

from asyncify.analysis.bindings import free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall, InsertStatements, Replace
from asyncify.model.span import Place, Target
from asyncify.transforms.eager.asked_mocks import AskedMocks
from asyncify.transforms.eager.lines import WIDTH, call
from asyncify.transforms.eager.loads import walks
from asyncify.transforms.eager.lookups import locks
from asyncify.transforms.eager.missing import Entity, missing
from asyncify.transforms.eager.naming import Namer
from asyncify.transforms.eager.option_values import OptionReader
from asyncify.transforms.eager.options import Renderer, Style
from asyncify.transforms.eager.reading import Steps
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.sessions import Access, access
from asyncify.transforms.eager.sources import Tracer


class RefreshEdits:
    """Writes refreshes, and loads in their places."""

    def __init__(self, program: Program, mocks: AskedMocks) -> None:
        self.program = program
        self._mocks = mocks
        self._options = OptionReader(program, Tracer(program))

    def edits(
        self,
        place: Refresh,
        info: ClassInfo,
        paths: Mapping[Steps, str],
        always: str = "",
        *,
        by_name: bool = False,
        expires: bool = False,
    ) -> list[Edit] | None:
        """The load in the place of a refresh (or behind a commit). None where a class has no name in the file.

        always: why a refresh must become a load even if it loads no relationship. by_name: the relationships are
        refreshed one by one, as a load over existing instances would empty what others hold. expires: a refresh of the
        whole instance would expire others that are read later, so that a load stands for it.
        """
        namer = Namer(self.program, place.path)
        source = self.program.modules[place.path].source
        model = namer.model(info)
        if model is None or not all(walks(self.program, place.path, info, steps) for steps in paths):
            return None
        there = self._options.parse(place.path, place.options) if place.options is not None else []
        style = Style(joined=not locks(place.call))
        part = missing(Renderer(self.program, namer, configured=True), Entity(model, info), paths, there, style)
        if part is None or part.refused:
            return None
        because = next(iter(paths.values()), always)
        if not part.options and not part.behind and (place.options is not None or not always):
            return []
        given = place.options.elts if isinstance(place.options, (ast.List, ast.Tuple)) else []
        chained = {node: f"{source.segment(node)}.{link}" for node, link in part.behind}
        options = ", ".join([*(chained.get(e, source.segment(e)) for e in given), *part.options])
        if place.options is not None:
            given_now = EditCall(set=(("options", f"[{options}]"),))
            place_of = source.target(place.call)
            return [Edit("eager", place.path, place_of, given_now, tuple(namer.imports), because=because)]
        name = place.each or source.segment(place.name)
        session = place.session or self._session(place)
        if session is None:
            return None
        statement = place.before or source.statement(place.call)
        where = "before" if place.before is not None else "after"
        target = Target(source.span(statement), Place.STATEMENT)
        is_written = place.before is None and place.is_refresh
        inspect = "" if by_name and not expires else namer.library("sqlalchemy", "inspect")
        arguments = [model, f"{inspect}({name}).identity", "populate_existing=True"]
        if by_name or (not options and not is_written and not expires):
            if not expires:
                namer = Namer(self.program, place.path)  # names no class, and no option
            names = ", ".join(f'"{steps[0]}"' for steps in sorted(paths))
            edits = []
            calls = [] if is_written or (by_name and place.flushes) else [session.run(f"refresh({name})")]
            if calls and expires:
                calls = [session.run(f"get({', '.join(arguments)})")]
            elif is_written and place.is_plain and expires:
                edits = [self._load(place, session, arguments, namer, because)]
            if calls and place.changed:
                calls.insert(0, session.run("flush()"))
            calls += [session.run(f"refresh({name}, [{names}])")] if by_name else []
            text = _guarded(place, "\n".join(calls)) + self._unloaded(place, namer, session, name, paths)
            op = InsertStatements(self._for_each(place, text), where)
            return [*edits, Edit("eager", place.path, target, op, tuple(namer.imports), because=because)]
        if options:
            arguments.insert(2, f"options=[{options}]")
        if is_written and not place.guard and not self._mocks.asks(place.call, "refresh"):
            return [self._load(place, session, arguments, namer, because)]
        deeper = 4 * (bool(place.guard) + bool(place.each))
        text = call(session.run("get"), arguments, WIDTH - target.span.column - deeper)
        if place.changed and expires:
            text = f"{session.run('flush()')}\n{text}"
        text = self._for_each(place, _guarded(place, text) + self._unloaded(place, namer, session, name, paths))
        return [Edit("eager", place.path, target, InsertStatements(text, where), tuple(namer.imports), because=because)]

    def _for_each(self, place: Refresh, text: str) -> str:
        """What is written for one instance, for all of a list."""
        if not place.each:
            return text
        several = self.program.modules[place.path].source.segment(place.name)
        return f"for {place.each} in {several}:\n{indent(text, '    ')}"

    def _load(self, place: Refresh, session: Access, arguments: list[str], namer: Namer, because: str) -> Edit:
        """A load in the place of a refresh; an `await` around that stays."""
        source = self.program.modules[place.path].source
        op = Replace(f"{session.name}.get({', '.join(arguments)})")
        return Edit("eager", place.path, source.target(place.call), op, tuple(namer.imports), because=because)

    def _unloaded(self, place: Refresh, namer: Namer, session: Access, name: str, paths: Iterable[Steps]) -> str:
        """What loads relationships that are not there, and nothing else, where the guard has kept a refresh back."""
        names = sorted({steps[0] for steps in paths})
        if not place.pending or not names:
            return ""
        inspect = namer.library("sqlalchemy", "inspect")
        left = free_name(self.program, place.path, "unloaded")
        wanted = ", ".join(f'"{one}"' for one in names)
        test = f"{left} := {inspect}({name}).unloaded & {{{wanted}}}"
        test = f"{place.there} and ({test})" if place.there else test
        return f"if {test}:\n    {session.run(f'refresh({name}, {left})')}\n"

    def _session(self, place: Refresh) -> Access | None:
        """The session that a call belongs to, where it can be used there."""
        assert isinstance(place.call.func, ast.Attribute)
        base, source = place.call.func.value, self.program.modules[place.path].source
        waiting = isinstance(source.parent(place.call), ast.Await)
        function = self.program.function_of(place.call)
        session = access(self.program.values(base), source.segment(base), function, is_async=waiting)
        return session if session is not None and session.waits is waiting else None


def _guarded(place: Refresh, text: str) -> str:
    return f"if {place.guard}:\n{indent(text, '    ')}\n" if place.guard else f"{text}\n"

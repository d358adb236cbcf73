"""The one traversal of a chunk that applies all of its edits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import libcst as cst

from asyncify.model import ops
from asyncify.model.edit import Edit
from asyncify.model.span import Place, Span, Target
from asyncify.rewrite import calls, fstrings, functions, layout, parens, statements
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.locate import Located, Run, Statement
from asyncify.rewrite.room import Room, room_of
from asyncify.rewrite.statements import Block, Changes, Line
from asyncify.rewrite.templates import Filling, Style, Template

Hole = cst.CSTNode | Run
_CONTAINERS = (cst.Module, cst.IndentedBlock, cst.SimpleStatementSuite)


def _turn(edit: Edit) -> int:
    """When one of several edits of a node comes: the arguments of a call first, as what stands in its place afterwards
    may be no call; then what is written anew; what goes around it last, as it would be lost otherwise."""
    if isinstance(edit.op, ops.EditCall):
        return 0
    return 2 if isinstance(edit.op, ops.Replace) and "$it" in edit.op.template else 1


class Applier(cst.CSTTransformer):
    """Edits each target as it is left: what is below it is already edited.

    source: the lines of the file. enclose: put parentheses around every expression that is replaced.
    failures: the edits that could not be done, and why; their nodes stay as they were.
    """

    def __init__(
        self, located: Located, edits: Sequence[Edit], style: Style, source: Sequence[str], enclose: bool = False
    ) -> None:
        super().__init__()
        self._source = source
        self._enclose = enclose
        self.failures: list[tuple[Edit, RewriteError]] = []
        self._located = located
        self._style = style
        self._edits: dict[int, list[Edit]] = defaultdict(list)
        self._holes: dict[int, Mapping[str, Hole]] = {}
        self._results: dict[int, cst.CSTNode] = {}
        self._lines: dict[int, Block] = {}
        self._lost: dict[int, list[str]] = defaultdict(list)
        self._replaced = [edit.target.span for edit in edits if isinstance(edit.op, ops.Replace)]
        nodes: list[cst.CSTNode] = []
        for edit in edits:
            try:
                nodes += self._register(edit)
            except RewriteError as error:
                self.failures.append((edit, error))
        self._spine = located.spine(nodes)

    def on_visit(self, node: cst.CSTNode) -> bool:
        return id(node) in self._spine

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if id(original_node) not in self._spine:
            return updated_node
        node = parens.fix(updated_node)
        if isinstance(original_node, _CONTAINERS):
            node = self._edit_body(original_node, node)
        if isinstance(original_node, cst.FormattedString) and isinstance(node, cst.FormattedString):
            node = self._fit_fields(original_node, node)
        for edit in sorted(self._edits.get(id(original_node), ()), key=_turn):
            if not _around(edit.op):
                node = self._attempt(edit, node)
        if id(original_node) in self._lost and isinstance(node, Line):
            above = [cst.EmptyLine(comment=cst.Comment(text)) for text in self._lost[id(original_node)]]
            node = statements.with_lines(node, [*statements.leading(node), *above])
        self._results[id(original_node)] = node
        return node

    def _fit_fields(self, original: cst.FormattedString, node: cst.FormattedString) -> cst.FormattedString:
        try:
            return fstrings.fit(original, node)
        except RewriteError as error:
            every = (edit for edits in self._edits.values() for edit in edits)
            inside = [e for e in every if self._located.within(self._located.find(e.target), original)]
            self.failures += [(edit, error) for edit in inside]
            return original

    # finding

    def _register(self, edit: Edit) -> list[cst.CSTNode]:
        """Find the node of an edit and of its holes; they are what the traversal must reach."""
        node = self._located.find(edit.target)
        holes = {hole.name: self._hole(node, hole, edit.target.span) for hole in getattr(edit.op, "holes", ())}
        if _around(edit.op) and (not isinstance(node, Statement) or self._located.container_of(node) is None):
            raise RewriteError("statements cannot stand around the target", "locate")
        if isinstance(edit.op, ops.EncloseRest) and not self._located.is_alone(node):
            raise RewriteError("the target shares its line with other statements", "locate")
        self._holes[id(edit)] = holes
        self._edits[id(node)].append(edit)
        found: list[cst.CSTNode] = [node]
        for hole in holes.values():
            found += [hole.container, hole.first, hole.last] if isinstance(hole, Run) else [hole]
        return found

    def _hole(self, target: cst.CSTNode, hole: ops.Hole, at: Span) -> Hole:
        if hole.place is Place.STATEMENT:
            run = self._located.find_run(hole)
            if run.first is target and run.last is target:
                return target
            inner: cst.CSTNode = run.container
        else:
            inner = self._located.find(Target(hole.span))
            # an expression further up has been left already when the target is: it can be moved down
            before = (hole.span.line, hole.span.column) < (at.line, at.column)
            if before and not self._located.within(target, inner):
                return inner
        if not self._located.within(inner, target):
            raise RewriteError(f"the hole ${hole.name} is outside of its target", "locate")
        return run if hole.place is Place.STATEMENT else inner

    # nodes

    def _attempt(self, edit: Edit, node: cst.CSTNode) -> cst.CSTNode:
        try:
            return self._edit(edit, node)
        except RewriteError as error:
            self.failures.append((edit, error))
        except (cst.ParserSyntaxError, cst.CSTValidationError) as error:
            self.failures.append((edit, RewriteError(str(error))))
        return node

    def _edit(self, edit: Edit, node: cst.CSTNode) -> cst.CSTNode:
        op = edit.op
        if isinstance(op, ops.InsertStatements):
            return statements.insert_inside(node, self._template(edit, op.template, None).statements().body)
        if isinstance(op, ops.SetAsync) and not op.generators:
            return functions.set_async(node, op.on, op.rename)
        if isinstance(op, ops.EditDecorators):
            return functions.edit_decorators(node, op, self._style)
        if isinstance(op, ops.AddBase):
            return functions.add_base(node, op, self._style)
        if isinstance(op, ops.EditParameters):
            return functions.edit_parameters(node, op, self._style)
        if not isinstance(node, cst.BaseExpression):
            raise RewriteError(f"{type(op).__name__} needs an expression")
        return self._edit_expression(edit, node)

    def _edit_expression(self, edit: Edit, node: cst.BaseExpression) -> cst.BaseExpression:
        op = edit.op
        if isinstance(op, ops.Replace):
            template = self._template(edit, op.template, parens.strip(node))
            new, hugged = template.laid_out(self._room(edit, node))
            if not hugged or layout.is_broken(new):
                new = layout.hold(parens.around(new, node), node)
            new = self._fit(edit, new)
            self._keep_comments(edit, node, new)
            return parens.wrap(new) if self._enclose and not new.lpar else new
        if isinstance(op, ops.RenameAttribute):
            return calls.rename_attribute(node, op)
        if isinstance(op, ops.AppendCall):
            link = self._template(edit, f"{op.name}({op.arguments})", None).expression()
            start = self._located.start_of(self._located.find(edit.target))
            room = self._style.width - (start[1] if start is not None else 0)
            return self._fit(edit, calls.append_call(node, op, link, self._style.indent, room))
        if isinstance(op, ops.EditCall):
            return self._fit(edit, calls.edit_call(node, op, self._style))
        if isinstance(op, ops.SetAsync):
            return calls.set_generators(node, op.generators, op.on)
        raise RewriteError(f"{type(op).__name__} does not apply to an expression")

    def _room(self, edit: Edit, node: cst.BaseExpression) -> Room:
        """What the lines around a replaced expression offer."""
        span = edit.target.span
        if self._enclose or (span.line == span.end_line and not node.lpar):
            return Room()
        return room_of(node, span.column, self._margin(edit), self._style.indent)

    def _keep_comments(self, edit: Edit, old: cst.BaseExpression, new: cst.BaseExpression) -> None:
        """Comments that have no place in the new expression go above its statement."""
        span = edit.target.span
        if any("#" in line for line in self._source[span.line - 1 : span.end_line - 1]):
            lost = Counter(layout.comments(old)) - Counter(layout.comments(new))
            statement = self._located.statement_of(self._located.find(edit.target))
            if lost and statement is not None:
                self._lost[id(statement)] += lost.elements()

    def _margin(self, edit: Edit) -> int | None:
        """The indentation of the statement that begins on the line on which the target of an edit does."""
        span = edit.target.span
        margin = len(_margin(self._source[span.line - 1]))
        return margin if self._located.start_of(self._located.find(edit.target)) == (span.line, margin) else None

    def _fit(self, edit: Edit, new: cst.BaseExpression) -> cst.BaseExpression:
        """The expression over lines, where it alone makes a line too long that the statement begins on.

        One that stood over lines, and lost them, goes back to lines."""
        span, limit = edit.target.span, self._style.width
        line, last = (self._source[number - 1].rstrip("\r\n") for number in (span.line, span.end_line))
        code = layout.code_of(new)
        width = span.column + len(code) + len(last) - span.end_column
        was_long = span.end_line == span.line and len(line) > limit
        if "\n" in code or "\r" in code or width <= limit or was_long:
            return new
        if any(_around_on_line(other, span) for other in self._replaced):
            return new  # of two edits on a line, the outer one breaks it
        start = self._located.start_of(self._located.find(edit.target))
        if start is None or self._source[start[0] - 1][: start[1]].strip():
            return new
        margin = _margin(line)
        return layout.over_lines(new, self._style.indent, margin[start[1] :], limit - start[1])

    def _template(self, edit: Edit, source: str, it: Filling | None, rest: Block | None = None) -> Template:
        fillings: dict[str, Filling] = {} if it is None else {"it": it}
        if rest is not None:
            fillings["rest"] = rest
        for name, hole in self._holes[id(edit)].items():
            filling = self._filling(hole)
            if filling is None and it is not None:
                filling = it
            if filling is None:
                raise RewriteError(f"the hole ${name} is the target itself")
            fillings[name] = filling
        return Template(source, fillings, self._style)

    def _filling(self, hole: Hole) -> Filling | None:
        """What became of a hole; None for the target itself, which is still being edited."""
        if isinstance(hole, Run):
            return self._run(hole)
        found = self._results.get(id(hole))
        return found if isinstance(found, cst.BaseExpression) else None

    # bodies

    def _edit_body(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
        """Apply what concerns whole statements to a module, a block or a one-line suite."""
        groups: list[tuple[Line, Block]] = []
        if isinstance(original, cst.SimpleStatementSuite):
            assert isinstance(updated, cst.SimpleStatementSuite)
            block = statements.as_block(updated)
            for small, line in zip(original.body, block.body, strict=True):
                assert isinstance(line, cst.SimpleStatementLine)
                self._lines[id(small)] = self._change(small, line)
                groups.append((line, self._lines[id(small)]))
            if not any(self._has_around(small) for small in original.body):
                return updated
            whole = statements.collect(groups)
            return block.with_changes(body=whole.body or [_PASS], footer=whole.footer)
        assert isinstance(original, cst.Module | cst.IndentedBlock)
        assert isinstance(updated, cst.Module | cst.IndentedBlock)
        for old, new in zip(original.body, updated.body, strict=True):
            assert isinstance(new, cst.SimpleStatementLine | cst.BaseCompoundStatement)
            self._lines[id(old)] = self._change_line(old, new)
            groups.append((new, self._lines[id(old)]))
        self._enclose_rest(original.body, groups)
        same = len(groups) == len(updated.body)
        if same and all(len(lines.body) == 1 and lines.body[0] is new for new, lines in groups):
            return updated
        whole = statements.collect(statements.spaced(groups, 2 if isinstance(updated, cst.Module) else 1))
        empty = isinstance(updated, cst.IndentedBlock) and not whole.body
        return updated.with_changes(body=[_PASS] if empty else whole.body, footer=(*whole.footer, *updated.footer))

    def _change_line(self, old: cst.CSTNode, new: Line) -> Block:
        if not isinstance(new, cst.SimpleStatementLine):
            return self._change(old, new)
        assert isinstance(old, cst.SimpleStatementLine)
        if not any(self._has_around(small) for small in old.body):
            return Block((new,))
        groups: list[tuple[Line, Block]] = []
        for small, line in zip(old.body, statements.split_line(new), strict=True):
            self._lines[id(small)] = self._change(small, line)
            groups.append((line, self._lines[id(small)]))
        whole = statements.collect(groups)
        return whole if whole.body else Block()  # the comments above are those of the line

    def _enclose_rest(self, olds: Sequence[cst.CSTNode], groups: list[tuple[Line, Block]]) -> None:
        """Put what follows a statement into the block that is written for it."""
        for index in reversed(range(len(olds))):
            old = olds[index]
            small = old.body[0] if isinstance(old, cst.SimpleStatementLine) and len(old.body) == 1 else old
            for edit in self._edits.get(id(small), ()):
                if not isinstance(edit.op, ops.EncloseRest):
                    continue
                line, current = groups[index]
                rest = statements.collect(groups[index + 1 :])
                try:
                    it = statements.without_leading(current)
                    new = self._template(edit, edit.op.template, it, rest).statements()
                except RewriteError as error:
                    self.failures.append((edit, error))
                    continue
                groups[index:] = [(line, statements.replaced(current, new, "$it" not in edit.op.template))]

    def _has_around(self, node: cst.CSTNode) -> bool:
        return any(_around(edit.op) for edit in self._edits.get(id(node), ()))

    def _change(self, old: cst.CSTNode, line: Line) -> Block:
        """What becomes of one statement."""
        changes = Changes()
        for edit in self._edits.get(id(old), ()):
            try:
                self._change_once(edit, old, line, changes)
            except RewriteError as error:
                self.failures.append((edit, error))
            except (cst.ParserSyntaxError, cst.CSTValidationError) as error:
                self.failures.append((edit, RewriteError(str(error))))
        return statements.result_of(line, changes)

    def _change_once(self, edit: Edit, old: cst.CSTNode, line: Line, changes: Changes) -> None:
        op = edit.op
        current = Block((line,)) if changes.instead is None else changes.instead
        if isinstance(op, ops.ReplaceStatement):
            it = statements.without_leading(current)
            new = self._template(edit, op.template, it).statements()
            changes.instead = statements.replaced(current, new, "$it" not in op.template)
        elif isinstance(op, ops.ForkAsync):
            changes.instead = Block((functions.fork_async(op, old, line, self._style),))
        elif isinstance(op, ops.InsertStatements) and op.where != "inside":
            new = self._template(edit, op.template, None).statements()
            if op.where not in ("before", "after"):
                raise RewriteError(f"{op.where!r} is no place for statements")
            (changes.before if op.where == "before" else changes.after).append(new)

    def _run(self, run: Run) -> Block:
        """The statements of a run as they are after the edits inside them."""
        parts: list[Block] = []
        taking = done = False
        for unit in run.container.body:  # type: ignore[attr-defined]
            members = list(unit.body) if isinstance(unit, cst.SimpleStatementLine) else [unit]
            inside = []
            for member in members:
                taking = taking or member is run.first
                if taking and not done:
                    inside.append(member)
                done = done or member is run.last
            for part in [unit] if len(inside) == len(members) else inside:
                parts.append(self._lines_of(part))
            if done:
                break
        whole = self._results.get(id(run.container))
        ends = isinstance(whole, cst.IndentedBlock) and inside[-1:] == members[-1:] and unit is run.container.body[-1]  # type: ignore[attr-defined]
        if ends and isinstance(whole, cst.IndentedBlock):
            parts.append(Block((), tuple(whole.footer)))
        return statements.join(parts)

    def _lines_of(self, node: cst.CSTNode) -> Block:
        if id(node) in self._lines:
            return self._lines[id(node)]
        result = self._results.get(id(node), node)
        if isinstance(result, Line):
            return Block((result,))
        assert isinstance(result, cst.BaseSmallStatement)
        return Block((cst.SimpleStatementLine([result.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]),))


def _around(op: ops.Op) -> bool:
    """Whether the operation concerns the body that its target stands in."""
    return isinstance(op, ops.ReplaceStatement | ops.EncloseRest | ops.ForkAsync) or (
        isinstance(op, ops.InsertStatements) and op.where != "inside"
    )


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _around_on_line(outer: Span, inner: Span) -> bool:
    """Whether a span holds another one, and more, on one line."""
    if (outer.line, outer.end_line) != (inner.line, inner.line) or outer == inner:
        return False
    return outer.column <= inner.column and inner.end_column <= outer.end_column


_PASS = cst.SimpleStatementLine([cst.Pass()])

"""The coloured diff is the patch to the character."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from asyncify.report.diff import coloured, show

ESCAPE = re.compile(r"\x1b\[[\d;]*m")

PATCH = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,4 +1,4 @@
 from x import Optional[str]  # [bold]not markup[/bold] :smile:
-def f(x: Optional[str]):
-\treturn db.query(A).all()
+async def f(x: Optional[str]):
+\treturn await db.scalars(select(A))
 \tz = 1\r
--- a comment of SQL
+++ a counter
\\ No newline at end of file
diff --git a/b.py b/b.py
new file mode 100644
--- /dev/null
+++ b/b.py
@@ -0,0 +1 @@
+"""


def coloured_console(file: io.TextIOBase) -> Console:
    return Console(file=file, force_terminal=True, color_system="truecolor", width=20)  # type: ignore[arg-type]


def test_colours_change_no_character() -> None:
    out = io.StringIO()
    show(PATCH.encode() + b"+" + b"wide " * 40 + b"\n", coloured_console(out))
    text = ESCAPE.sub("", out.getvalue())
    assert "\x1b" not in text
    assert text == PATCH + "+" + "wide " * 40 + "\n"


LINES = st.lists(
    st.tuples(st.sampled_from(["-", "+", " ", "\\", "@@"]), st.text("ab [](){}\t\r.:_", max_size=12)),
    max_size=12,
)


@given(LINES)
def test_any_lines_keep_their_text_and_order(lines: list[tuple[str, str]]) -> None:
    patch = "diff --git a/a b/a\n@@ -1 +1 @@\n" + "".join(sign + text + "\n" for sign, text in lines)
    assert ESCAPE.sub("", "".join(coloured(patch))) == patch


def test_sides_have_their_colours_and_the_words_that_differ_stand_out() -> None:
    patch = "@@ -1 +1 @@\n-    return get(x)\n+    return await get(x)\n"
    hunk, old, new = coloured(patch)
    assert hunk.startswith("\x1b[36m")
    assert old.startswith("\x1b[31m-") and "\x1b[7" not in old
    assert new.startswith("\x1b[32m+")
    assert re.search(r"\x1b\[7;32m await\x1b\[0m", new)


def test_header_lines_of_sql_comments_are_changes() -> None:
    lines = list(coloured("@@ -1 +1 @@\n--- a\n+++ b\n"))
    assert lines[1].startswith("\x1b[31m") and lines[2].startswith("\x1b[32m")


def test_a_pipe_gets_the_very_bytes() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    patch = PATCH.encode() + b"+\xe4\r\n"
    show(patch, Console(file=out))
    assert raw.getvalue() == patch


def test_no_color_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    show(PATCH.encode(), coloured_console(out))
    assert out.getvalue() == PATCH

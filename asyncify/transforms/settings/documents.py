"""Python in documents that makes a sync engine: an example for readers, which nobody runs and nothing can prove."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asyncify.model.edit import Finding
from asyncify.model.span import Span
from asyncify.model.text import DOCUMENTS

NAME = "settings"
_ENGINE = re.compile(r"(?<![\w.])create_engine\(")


def told_in_documents(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """The first place of each document."""
    for path in sorted(p for p in files if p.endswith(DOCUMENTS)):
        text = files[path].decode(errors="replace")
        if match := _ENGINE.search(text):
            start = match.start()
            line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start) - 1
            span = Span(line, column, line, column + len("create_engine"))
            message = "a document shows how a sync engine is made, and the app has an async one now"
            yield Finding(NAME, path, span, "settings-document", message, "say how it is done now")

"""What was seen of reads, and cannot be helped here."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.model.edit import Finding
from asyncify.transforms.eager.installed_models import installed_models
from asyncify.transforms.eager.pages import Pages
from asyncify.transforms.eager.reading import Reading


def reports(reading: Reading, pages: Pages) -> Iterator[Finding]:
    """Findings on relationships that are queries, templates that cannot be read, and models that are elsewhere."""
    yield from installed_models(reading.program)
    for text, reader in reading.dynamic:
        message = f"{text} is a query and not a list, which an async session cannot run"
        advice = "map it as WriteOnlyMapped, or run its statement with the session"
        yield _finding(reading, reader.path, reader.node, "eager-dynamic", message, advice)
    for path, call, text in pages.missing:
        message = f"the template {text} is not in the repository, so what it reads is not known"
        yield _finding(reading, path, call, "eager-template", message, "check what it reads of its context")
    for path, reason in sorted(pages.files.broken.items()):
        message = f"Jinja2 cannot parse this template as it is: {reason}"
        yield Finding("eager", path, None, "eager-template", message, "check what it reads of its context")


def _finding(reading: Reading, path: str, node: ast.AST, code: str, message: str, advice: str) -> Finding:
    return Finding("eager", path, reading.program.modules[path].source.span(node), code, message, advice)

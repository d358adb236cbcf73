"""Files of environment variables: `.env`, `.env.example`, `prod.env`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from asyncify.knowledge.drivers import Choice
from asyncify.knowledge.urls import is_sync_url, url_change
from asyncify.model.edit import Finding, TextEdit
from asyncify.model.span import Span
from asyncify.transforms.settings.needs import is_env_file

NAME = "settings"

_LINE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>\w+)[ \t]*=[ \t]*(?P<quote>[\"']?)(?P<url>[A-Za-z][\w+]*://[^\s\"']*)(?P=quote)",
    re.MULTILINE,
)


def plan_env_files(
    files: Mapping[str, bytes], names: Collection[str], choice: Choice
) -> tuple[tuple[TextEdit, ...], tuple[Finding, ...]]:
    """Rewrite sync database URLs in files of environment variables.

    files: of the workspace. choice: see `choose_drivers`.
    names: the variables that feed async engines and nothing else. Every other sync URL stays and is reported as
    `settings-url-sync`, since Alembic, a worker or another program may read it; a URL that would lose an
    argument with a meaning is reported as `settings-url-arguments`.
    """
    edits: list[TextEdit] = []
    findings: list[Finding] = []
    for path in sorted(filter(is_env_file, files)):
        try:
            text = files[path].decode()
        except UnicodeDecodeError:
            continue  # not text: nothing can be read from it, by us or by python-dotenv
        out: list[str] = []
        position = 0
        for match in _LINE.finditer(text):
            after, finding = _decide(path, text, match, names, choice)
            findings += [finding] if finding else []
            if after is not None:
                out += [text[position : match.start("url")], after]
                position = match.end("url")
        if out:
            new = "".join([*out, text[position:]])
            edits.append(TextEdit(NAME, path, text, new, "the variable feeds only the async engine"))
    return tuple(edits), tuple(findings)


def _decide(
    path: str, text: str, match: re.Match[str], names: Collection[str], choice: Choice
) -> tuple[str | None, Finding | None]:
    """The new URL of one variable, or why it stays."""
    name, change = match["name"], url_change(match["url"], choice)
    if not is_sync_url(match["url"]):
        return None, None
    if name not in names:
        advice = f"give the async app `{change.text.partition('://')[0]}://` if it reads it" if change else ""
        message = f"{name} holds the URL of a sync driver, and more than the async engine may read it"
        return None, _finding(path, text, match, "settings-url-sync", message, advice)
    if change is None:
        return None, _finding(path, text, match, "settings-no-driver", f"{name}: no async form of this URL", "")
    if not change.faithful:
        lost = [a for a in change.lost if a.advice]
        message = f"{name}: {', '.join(a.key for a in lost)} cannot stay in the URL of {change.drivername}"
        advice = "connect_args needs " + ", ".join(dict.fromkeys(a.advice for a in lost))
        return None, _finding(path, text, match, "settings-url-arguments", message, advice)
    return change.text, None


def _finding(path: str, text: str, match: re.Match[str], code: str, message: str, advice: str) -> Finding:
    start, end = match.span("url")
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start) - 1
    span = Span(line, column, line, column + end - start)
    return Finding(NAME, path, span, code, message, advice)

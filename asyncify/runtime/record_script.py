"""Answers of an app's GET routes, as JSON on stdout. Run as a script in the app's folder, so it imports nothing
of this project:

    python record_script.py MODULE:NAME SCENARIO

The scenario is JSON: `visitors` (headers by name) and `requests` that are sent first. Every route without
parameters is asked, then what those answers lead to: links of pages, and routes with one parameter for which
some answer holds a value of that name. All this is done without headers, then as each visitor.
"""

import contextlib
import importlib
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

MOST = 300  # requests; a site that links on for ever must end somewhere
MOST_VALUES = 5  # values tried for each parameter


Answer = dict[str, Any]  # status, type, body
Values = dict[str, dict[str, None]]  # key to the values that answers have held under it, in order


def main(target: str, scenario: dict[str, Any]) -> None:
    warnings.simplefilter("ignore")
    sys.path[:1] = [str(Path.cwd()), str(Path.cwd() / "src")]
    with contextlib.redirect_stdout(sys.stderr):  # what the app prints is not our answer
        app = load(target)
        answers = ask(app, scenario)
    json.dump(answers, sys.stdout)


def load(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def ask(app: Any, scenario: dict[str, Any]) -> dict[str, Answer]:
    """Path (and visitor) to status, type and body, in the order of asking."""
    from starlette.testclient import TestClient

    seen: dict[str, Answer] = {}
    visitors: dict[str, dict[str, str]] = {"": {}, **scenario["visitors"]}
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        for sent in scenario["requests"]:
            headers = visitors[sent["visitor"]]
            answer = client.request(sent["method"], sent["path"], headers=headers, json=sent["json"], data=sent["form"])
            if answer.status_code >= 400:
                raise SystemExit(f"{sent['method']} {sent['path']} was answered with {answer.status_code}")
        for name, headers in visitors.items():
            client.cookies.clear()
            answers = walk(client, sorted(get_paths(app)), headers)
            seen |= {f"{path} as {name}" if name else path: answer for path, answer in answers.items()}
    return seen


def walk(client: Any, paths: list[str], headers: dict[str, str]) -> dict[str, Answer]:
    """The answers to one visitor, by path."""
    waiting = [path for path in paths if "{" not in path]
    patterns = [path for path in paths if re.fullmatch(r"[^{}]*\{\w+\}[^{}]*", path)]
    seen: dict[str, Answer] = {}
    values: Values = {}
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        answer = client.get(path, headers=headers)
        kind = answer.headers.get("content-type", "")
        seen[path] = {"status": answer.status_code, "type": kind, "body": answer.text}
        if path == "/openapi.json":
            continue
        if kind.startswith("application/json"):
            gather(answer.json(), values)
        found = set(re.findall(r"""href=["'](/[^"'#]*)""", answer.text)) if "html" in kind else set()
        found |= {filled for pattern in patterns for filled in fill(pattern, values)}
        waiting += sorted(found - seen.keys() - set(waiting))
    return seen


def get_paths(app: Any) -> set[str]:
    """Paths of the GET routes, those that are hidden from the schema too."""
    paths = {r.path for r in app.routes if "GET" in (getattr(r, "methods", None) or ())}
    return paths | {path for path, methods in app.openapi().get("paths", {}).items() if "get" in methods}


def gather(value: Any, values: Values) -> None:
    """Note the words and numbers of a JSON value by their keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str | int) and not isinstance(item, bool):
                values.setdefault(key, {})[str(item)] = None
            gather(item, values)
    elif isinstance(value, list):
        for item in value:
            gather(item, values)


def fill(pattern: str, values: Values) -> list[str]:
    """A pattern with each of the values known for its parameter; `id` serves for `book_id`."""
    name = pattern[pattern.index("{") + 1 : pattern.index("}")]
    known = values.get(name) or (values.get("id") if name.endswith("_id") else None) or {}
    return [pattern.replace("{" + name + "}", value) for value in list(known)[:MOST_VALUES] if "/" not in value]


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))

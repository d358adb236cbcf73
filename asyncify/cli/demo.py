"""`asyncify demo`"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import asyncify
from asyncify import api
from asyncify.cli.progress import progress_bar
from asyncify.cli.terminal import notes, product
from asyncify.model.about import DISTRIBUTION
from asyncify.model.errors import UsageError
from asyncify.model.exit_codes import ExitCode
from asyncify.proof import Check, prove
from asyncify.report.diff import show
from asyncify.report.findings import show_left
from asyncify.report.summary import plural, show_summary

APPS = ("shop_api", "bookclub_site")
LAST_LINES = 40  #: of the output of tests that fail
NEEDED = ("fastapi", "httpx", "sqlalchemy", "aiosqlite", "pytest", "pytest_asyncio")


def demo(
    app: Annotated[str, typer.Option("--app", help=f"Which bundled app: {' or '.join(APPS)}.", metavar="NAME")] = APPS[
        0
    ],
    keep: Annotated[bool, typer.Option("--keep", help="Keep the folder and say where it is.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show the whole diff too.")] = False,
) -> None:
    """Migrate a bundled app before your eyes, and prove that it works. Runs that app and its tests."""
    _require_libraries()
    with tempfile.TemporaryDirectory(prefix="asyncify-demo-") as temporary:
        folder = Path(temporary) / app
        shutil.copytree(bundled(app), folder, ignore=shutil.ignore_patterns("__pycache__", "*.db", ".*_cache"))
        good = _perform(folder, diff, product())
        if keep or not good:
            kept = Path(tempfile.mkdtemp(prefix="asyncify-demo-")) / app
            shutil.copytree(folder, kept)
            notes().print(Text(f"The migrated app is in {kept}"), soft_wrap=True)
    raise typer.Exit(ExitCode.OK if good else ExitCode.FAILED)


def bundled(app: str) -> Path:
    """The folder of a bundled app: in the installed package, or in a checkout beside it.

    Raises `UsageError` for an app that is not bundled.
    """
    if app not in APPS:
        raise UsageError(f"there is no demo app {app!r}; there are {' and '.join(APPS)}")
    package = Path(asyncify.__file__).parent
    for folder in (package / "examples" / app, package.parent / "examples" / app):
        if folder.is_dir():
            return folder
    raise UsageError(f"the demo app {app} is not in this installation; install {DISTRIBUTION} again")


def _require_libraries() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo app needs {', '.join(missing)}; install them with `pip install '{DISTRIBUTION}[demo]'`"
        )


def _perform(folder: Path, diff: bool, console: Console) -> bool:
    intro = f"A copy of {folder.name} is migrated in {folder}; its tests and the app itself are run."
    console.print(Text(intro), soft_wrap=True)
    with progress_bar(notes()) as progress:
        result = api.migrate(folder, progress=progress)
    if diff:
        show(api.diff(result), console)
    checks = []
    for check in prove(folder, result):
        checks.append(check)
        _show_check(check, console)
    again = api.migrate(folder).changed
    console.print()
    show_left(result, console)
    show_summary(result, console)
    console.print()
    _show_verdict(checks, again, console)
    return bool(result.changed) and not again and all(check.good for check in checks)


def _show_check(check: Check, console: Console) -> None:
    if check.when == "before":
        console.print(Text("before", "bold").append("  the synchronous app", "not bold"))
    else:
        console.print(
            Text(f"after {check.when}", "bold").append(f"  {plural(check.files, 'file')} changed", "not bold")
        )
    console.print(Text(f"  tests   {check.suite.closing}"), soft_wrap=True)
    if check.failure:
        console.print(Text(f"  routes  {check.failure}"), soft_wrap=True)
    else:
        console.print(Text(f"  routes  {_routes(check)}"), soft_wrap=True)
        for difference in check.changed[:5]:
            before, after = (a.status if a else "none" for a in (difference.before, difference.after))
            console.print(Text(f"          {difference.path}: {before} before, {after} now"), soft_wrap=True)
    if not check.suite.green:
        for line in check.suite.output.splitlines()[-LAST_LINES:]:
            console.print(Text(f"  | {line}"), soft_wrap=True)


def _routes(check: Check) -> str:
    if check.when == "before":
        return f"{plural(check.routes, 'answer')} recorded"
    same = check.routes - len(check.changed)
    return f"{same} of {check.routes} answers as before"


def _show_verdict(checks: list[Check], again: tuple[str, ...], console: Console) -> None:
    table = Table("", "tests", "routes", "verdict", box=None, header_style="bold", pad_edge=False)
    for check in checks:
        routes = "no answer" if check.failure else _routes(check)
        table.add_row(Text(check.when), Text(f"{check.suite.passed} passed"), Text(routes), _verdict(check.good))
    settled = "nothing to change" if not again else f"{plural(len(again), 'file')} to change"
    table.add_row(Text("second run"), "", Text(settled), _verdict(not again))
    console.print(table)


def _verdict(good: bool) -> Text:
    return Text("ok", "green") if good else Text("FAILED", "bold red")

"""A plugin of pytest that runs with the tests of a synchronous app and writes down every implicit load.

    pytest -p asyncify.recorder

writes `.asyncify/evidence.json` (elsewhere with `--evidence FILE`), for `asyncify run eager --evidence FILE`, and
prints the attributes that sent the most statements. The tests run as they always do, in the app's own environment.

    pytest -p asyncify.recorder --compare-evidence OLD

fails where a test sends more statements than in the run that wrote OLD, be the app synchronous or async by now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asyncify.model.errors import UsageError
from asyncify.model.evidence import Evidence, read_evidence
from asyncify.model.evidence import joined as joined_evidence
from asyncify.model.plan import content_hash
from asyncify.runtime.recording.recorder import Recorder
from asyncify.runtime.recording.risen import risen, told
from asyncify.runtime.recording.table import worst_loads

DEFAULT = ".asyncify/evidence.json"
WORKER_OUTPUT = "asyncify_evidence"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options: where to write, and with what to compare."""
    group = parser.getgroup("asyncify")
    group.addoption(
        "--evidence",
        metavar="FILE",
        help=f"where the recorder writes the implicit loads it saw (default: {DEFAULT}; none for a comparison)",
    )
    group.addoption(
        "--compare-evidence",
        metavar="FILE",
        help="fail where a test sends more statements than in the run that wrote this file",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record."""
    old = _earlier(config)
    root = _repository(config)
    recorder = Recorder(str(root))
    try:
        recorder.start()
    except ImportError as error:
        raise pytest.UsageError("asyncify.recorder: SQLAlchemy is not installed where these tests run") from error
    config.pluginmanager.register(RecorderPlugin(config, recorder, root, old), "asyncify-recorder")


def _repository(config: pytest.Config) -> Path:
    """The folder whose code is the app's: that of git around the tests, else the current one where it holds
    the folder of pytest's settings, which may be one of tests alone."""
    for folder in (config.rootpath, *config.rootpath.parents):
        if (folder / ".git").exists():
            return folder
    here = config.invocation_params.dir
    return here if config.rootpath.is_relative_to(here) else config.rootpath


def _earlier(config: pytest.Config) -> Evidence | None:
    """What an earlier run wrote, where this one is to be compared with it."""
    name = config.getoption("--compare-evidence")
    if name is None:
        return None
    try:
        return read_evidence(Path(config.invocation_params.dir, name).read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError, UsageError) as error:
        raise pytest.UsageError(f"asyncify.recorder: {error}") from error


class RecorderPlugin:
    """Keeps one recorder through a run; with pytest-xdist the main process joins what the workers saw."""

    def __init__(self, config: pytest.Config, recorder: Recorder, root: Path, old: Evidence | None) -> None:
        self._config = config
        self._recorder = recorder
        self._workers: list[Evidence] = []
        self._root = root
        self._old = old
        self._all = Evidence()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, its fixtures included."""
        self._recorder.begin_test(nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """A test is over."""
        self._recorder.begin_test("")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """What fixtures of more than one test send belongs to none, or it would be that of whichever comes first."""
        if fixturedef.scope == "function":
            yield
            return
        tests: list[str] = []
        fixturedef.addfinalizer(lambda: self._recorder.begin_test(tests.pop() if tests else ""))  # the last to run
        before = self._recorder.begin_test("")
        yield
        self._recorder.begin_test(before)
        fixturedef.addfinalizer(lambda: tests.append(self._recorder.begin_test("")))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of pytest-xdist hands over what it saw."""
        output = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT)
        if output is not None:
            self._workers.append(read_evidence(output, "a worker's evidence"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file, or hand it to the main process."""
        mine = self._recorder.evidence()
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[WORKER_OUTPUT] = mine.to_json()
            return
        found = joined_evidence([mine, *self._workers])
        root = self._root
        hashes = {path: content_hash((root / path).read_bytes()) for path in found.paths() if (root / path).is_file()}
        self._all = replace(found, files=hashes)
        if (path := self._path()) is not None:
            self._write(path)
        if self._old is not None and session.exitstatus == pytest.ExitCode.OK and risen(self._old, found).risen:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == ".asyncify" and not (ignore := path.parent / ".gitignore").exists():
            ignore.write_text("*\n", encoding="utf-8")  # as the journal of `undo` does: git never sees this folder
        path.write_text(self._all.to_json(), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The worst of them."""
        terminalreporter.section("implicit loads (asyncify)")
        for line in worst_loads(self._all):
            terminalreporter.write_line(line)
        if (path := self._path()) is not None:
            terminalreporter.write_line(f"written to {path}")
        if self._old is not None:
            for line in told(risen(self._old, self._all), self._config.getoption("--compare-evidence")):
                terminalreporter.write_line(line)

    def _path(self) -> Path | None:
        """Where to write; nowhere for a comparison, which must not replace what it compares with."""
        name = self._config.getoption("--evidence")
        if name is None and self._old is not None:
            return None
        return Path(self._config.invocation_params.dir, name or DEFAULT)

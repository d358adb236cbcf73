"""A plugin of pytest that runs with the tests of a synchronous app and writes down every implicit load.

    pytest -p asyncify.recorder

writes `.asyncify/evidence.json` (elsewhere with `--evidence FILE`), for `asyncify run eager --evidence FILE`, and
prints the attributes that sent the most statements. The tests run as they always do, in the app's own environment.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asyncify.model.evidence import Evidence, read_evidence
from asyncify.model.evidence import joined as joined_evidence
from asyncify.model.plan import content_hash
from asyncify.runtime.recording.recorder import Recorder
from asyncify.runtime.recording.table import worst_loads

WORKER_OUTPUT = "asyncify_evidence"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that says where to."""
    parser.getgroup("asyncify").addoption(
        "--evidence",
        metavar="FILE",
        default=".asyncify/evidence.json",
        help="where the recorder writes the implicit loads it saw (default: %(default)s)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record."""
    recorder = Recorder(str(config.rootpath))
    try:
        recorder.start()
    except ImportError as error:
        raise pytest.UsageError("asyncify.recorder: SQLAlchemy is not installed where these tests run") from error
    config.pluginmanager.register(RecorderPlugin(config, recorder), "asyncify-recorder")


class RecorderPlugin:
    """Keeps one recorder through a run; with pytest-xdist the main process joins what the workers saw."""

    def __init__(self, config: pytest.Config, recorder: Recorder) -> None:
        self._config = config
        self._recorder = recorder
        self._workers: list[Evidence] = []
        self._all = Evidence()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, its fixtures included."""
        self._recorder.begin_test(nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """A test is over."""
        self._recorder.begin_test("")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of pytest-xdist hands over what it saw."""
        output = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT)
        if output is not None:
            self._workers.append(read_evidence(output, "a worker's evidence"))

    def pytest_sessionfinish(self) -> None:
        """Write the file, or hand it to the main process."""
        mine = self._recorder.evidence()
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[WORKER_OUTPUT] = mine.to_json()
            return
        found = joined_evidence([mine, *self._workers])
        root = self._config.rootpath
        hashes = {path: content_hash((root / path).read_bytes()) for path in found.paths() if (root / path).is_file()}
        self._all = replace(found, files=hashes)
        path = self._path()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == ".asyncify" and not (ignore := path.parent / ".gitignore").exists():
            ignore.write_text("*\n", encoding="utf-8")  # as the journal of `undo` does: git never sees this folder
        path.write_text(self._all.to_json(), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The worst of them."""
        terminalreporter.section("implicit loads (asyncify)")
        for line in worst_loads(self._all):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"written to {self._path()}")

    def _path(self) -> Path:
        return Path(self._config.invocation_params.dir, self._config.getoption("--evidence"))

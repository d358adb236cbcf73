"""The exit codes of every command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a shell or CI sees."""

    OK = 0  #: done, or nothing to do
    CHANGES = 1  #: `diff` would change something; `--strict` found leftovers
    USAGE = 2  #: a bad path, name, option or state of the tree; nothing was written
    FAILED = 3  #: the tool itself failed; nothing was written
    INTERRUPTED = 130  #: Ctrl-C

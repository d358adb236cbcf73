"""The errors that end a command. Each is one sentence: what is wrong, where, and what to do."""

from __future__ import annotations

from asyncify.model.exit_codes import ExitCode


class AsyncifyError(Exception):
    """Something that a person should read as one sentence and not as a traceback.

    message: the sentence, without the name of the program in front.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(AsyncifyError):
    """A bad path, name, option or state of the tree; nothing was written."""

    exit_code = ExitCode.USAGE

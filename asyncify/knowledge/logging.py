"""What writes text for people."""

from __future__ import annotations

#: methods of loggers that take a message. Source: Python library reference, `logging.Logger`
LOGGING = frozenset("debug info warning warn error exception critical".split())

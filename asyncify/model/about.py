"""The name under which people run this program."""

PROGRAM = "asyncify"

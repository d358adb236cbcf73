"""The names under which people install and run this program."""

PROGRAM = "asyncify"
DISTRIBUTION = "asyncify-fastapi"

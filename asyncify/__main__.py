"""`python -m asyncify`"""

from asyncify.cli.main import run

if __name__ == "__main__":
    run()

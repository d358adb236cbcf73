"""Packages in commands that install them by name."""

from __future__ import annotations

import shlex

import pytest

from asyncify.transforms.settings.install_commands import with_packages
from asyncify.transforms.settings.needs import Needs

ASYNCPG = Needs(True, ("postgresql+asyncpg",), pytest_asyncio=True)
PSYCOPG = Needs(True, ("postgresql+psycopg",), ("sqlite+aiosqlite",))
SQLITE = Needs(True, ("sqlite+aiosqlite",))


@pytest.mark.parametrize(
    ("path", "before", "after", "needs"),
    [
        (
            "Dockerfile",
            "RUN pip install --no-cache-dir fastapi sqlalchemy==2.0.30 psycopg2-binary && rm -r sqlalchemy\n",
            "RUN pip install --no-cache-dir fastapi 'sqlalchemy[asyncio]==2.0.30' psycopg2-binary asyncpg"
            " && rm -r sqlalchemy\n",
            ASYNCPG,
        ),
        (
            ".github/workflows/ci.yml",
            "      - run: python -m pip install psycopg2 sqlalchemy  # sqlalchemy\n        with: sqlalchemy\n",
            "      - run: python -m pip install psycopg2 psycopg 'sqlalchemy[asyncio]'  # sqlalchemy\n"
            "        with: sqlalchemy\n",
            PSYCOPG,
        ),
        (
            ".gitlab-ci.yml",
            "  - 'pip3 install psycopg2-binary'\n  - \"pip install 'sqlmodel' pytest\"\n",
            "  - 'pip3 install psycopg2-binary \"psycopg[binary]\"'\n"
            "  - \"pip install 'sqlmodel' 'sqlalchemy[asyncio]' pytest aiosqlite\"\n",
            PSYCOPG,
        ),
        (
            "scripts/setup.sh",
            "uv pip install \\\n    sqlalchemy \\\n    fastapi\n# pip install sqlalchemy\n",
            "uv pip install \\\n    'sqlalchemy[asyncio]' aiosqlite \\\n    fastapi\n# pip install sqlalchemy\n",
            SQLITE,
        ),
        (
            "Dockerfile",
            'RUN ["pip", "install", "-r", "a", "sqlalchemy", "psycopg2"]\n'
            "RUN poetry add --group db sqlmodel psycopg2\n",
            'RUN ["pip", "install", "-r", "a", "sqlalchemy[asyncio]", "psycopg2", "psycopg"]\n'
            "RUN poetry add --group db sqlmodel 'sqlalchemy[asyncio]' psycopg2 psycopg\n",
            PSYCOPG,
        ),
        (
            "noxfile.py",
            "session.install('sqlalchemy', \"pytest\")\nsession.install(*sqlalchemy)\n",
            "session.install('sqlalchemy[asyncio]', \"pytest\", \"pytest-asyncio\")\nsession.install(*sqlalchemy)\n",
            ASYNCPG,
        ),
        (
            "ci.yml",
            "- run: >-\n    pip install sqlalchemy\n    psycopg2-binary\n"
            "- run: |\n    pip install sqlalchemy\n    psycopg2\n",
            "- run: >-\n    pip install 'sqlalchemy[asyncio]'\n    psycopg2-binary asyncpg\n"
            "- run: |\n    pip install 'sqlalchemy[asyncio]'\n    psycopg2\n",
            ASYNCPG,
        ),
        (
            "README.md",
            "Say `pip install sqlalchemy psycopg2` once.\n\n```sh\n$ pip install psycopg2-binary\n```\n",
            "Say `pip install 'sqlalchemy[asyncio]' psycopg2 psycopg` once.\n\n"
            "```sh\n$ pip install psycopg2-binary 'psycopg[binary]'\n```\n",
            PSYCOPG,
        ),
        ("Makefile", "ci:\n\tpip install pytest httpx\n", "ci:\n\tpip install pytest pytest-asyncio httpx\n", ASYNCPG),
    ],
)
def test_commands(path: str, before: str, after: str, needs: Needs) -> None:
    assert with_packages({path: before.encode()}, needs) == {path: after}
    assert with_packages({path: after.encode()}, needs) == {}


@pytest.mark.parametrize(
    "text",
    [
        "pip install -r sqlalchemy\n",
        "pip install -e . pytest-sqlalchemy\n",
        "pip install $PACKAGES ./sqlalchemy sqlalchemy/\n",
        "RUN apt-get install -y sqlalchemy psycopg2\n",
        'RUN ["apt", "install", "sqlalchemy"]\n',
        "`pip install pip`: sqlalchemy\n",
        "pip install 'sqlalchemy[aiosqlite]'\n",
        "pip install --upgrade pip; echo sqlalchemy\n",
    ],
)
def test_what_is_no_such_requirement(text: str) -> None:
    told = dict.fromkeys(("notes.txt", "CHANGELOG.md"), b"pip install sqlalchemy\n")
    assert with_packages({"Dockerfile": text.encode(), **told}, SQLITE) == {}


def test_bytes_that_are_no_text_are_left_alone() -> None:
    assert with_packages({"a.sh": b"\xff pip install sqlalchemy"}, SQLITE) == {}


def test_a_shell_reads_the_words_that_are_meant() -> None:
    after = with_packages({"a.sh": b"pip install 'sqlalchemy>=2' psycopg2-binary\n"}, PSYCOPG)["a.sh"]
    assert shlex.split(after)[2:] == ["sqlalchemy[asyncio]>=2", "psycopg2-binary", "psycopg[binary]"]

"""Imports are added once, in their place, and dropped when nothing uses them."""

from __future__ import annotations

import pytest

from asyncify.model.edit import Import
from asyncify.rewrite.imports import edit_imports
from asyncify.rewrite.source import parse
from asyncify.rewrite.templates import Style


def edited(text: str, *wanted: Import, drops: tuple[str, ...] = (), own: tuple[str, ...] = ("app",)) -> str:
    return edit_imports(text, parse(text), wanted, frozenset(drops), frozenset(own), Style())


SELECT = Import("sqlalchemy", "select")


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("from sqlalchemy import func\n", SELECT, "from sqlalchemy import func, select\n"),
        ("from sqlalchemy import text, Column\n", SELECT, "from sqlalchemy import text, Column, select\n"),
        ("from sqlalchemy import Column, text\n", SELECT, "from sqlalchemy import Column, select, text\n"),
        ("from sqlalchemy import text  # noqa\n", SELECT, "from sqlalchemy import select, text  # noqa\n"),
        (
            "from sqlalchemy import (\n    func,  # f\n    text,\n)\n",
            SELECT,
            "from sqlalchemy import (\n    func,  # f\n    select,\n    text,\n)\n",
        ),
        (
            "from sqlalchemy import (\n    Column,\n    func\n)\n",
            SELECT,
            "from sqlalchemy import (\n    Column,\n    func,\n    select\n)\n",
        ),
        ("from sqlalchemy import (a, b)\n", SELECT, "from sqlalchemy import (a, b, select)\n"),
        ("from sqlalchemy import a, \\\n    b\n", SELECT, "from sqlalchemy import a, \\\n    b, \\\n    select\n"),
        ("from sqlalchemy import select\n", SELECT, "from sqlalchemy import select\n"),
        ("from sqlalchemy import select as s\n", SELECT, "from sqlalchemy import select as s, select\n"),
        ("from sqlalchemy import *\n", SELECT, "from sqlalchemy import *\nfrom sqlalchemy import select\n"),
        ("try:\n    from sqlalchemy import select\nexcept E:\n    pass\n", SELECT, None),
        ("import os\n", Import("asyncio"), "import asyncio\nimport os\n"),
        ("import os\n", Import("os", "", "o"), "import os\nimport os as o\n"),
        ("import a.b\n", Import("a.b"), None),
        ("import os\n\nx = 1\n", SELECT, "import os\n\nfrom sqlalchemy import select\n\nx = 1\n"),
        (
            "from sqlalchemy.orm import a\n\nfrom app import b\n",
            SELECT,
            "from sqlalchemy import select\nfrom sqlalchemy.orm import a\n\nfrom app import b\n",
        ),
        ("from app import b\n", SELECT, "from sqlalchemy import select\n\nfrom app import b\n"),
        ("from . import b\n", Import(".c", "d"), "from . import b\nfrom .c import d\n"),
        ("import z\nimport a\n", SELECT, "import z\nimport a\nfrom sqlalchemy import select\n"),
        ('"""D."""\n\nx = 1\n', SELECT, '"""D."""\n\nfrom sqlalchemy import select\n\nx = 1\n'),
        ('"""D."""\n', SELECT, '"""D."""\n\nfrom sqlalchemy import select\n'),
        (
            '"""D."""\nfrom __future__ import annotations\nx = 1\n',
            SELECT,
            '"""D."""\nfrom __future__ import annotations\n\nfrom sqlalchemy import select\nx = 1\n',
        ),
        ("#!/bin/x\n# c\nx = 1\n", SELECT, "#!/bin/x\n# c\n\nfrom sqlalchemy import select\n\nx = 1\n"),
        ("def f(): pass\n", SELECT, "from sqlalchemy import select\n\n\ndef f(): pass\n"),
        ("", SELECT, "from sqlalchemy import select\n"),
        ("# top\nimport z\n", Import("a"), "# top\nimport a\nimport z\n"),
        (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from sqlalchemy import select\n",
            SELECT,
            "from typing import TYPE_CHECKING\n\nfrom sqlalchemy import select\n\nif TYPE_CHECKING:\n"
            "    from sqlalchemy import select\n",
        ),
        (
            "def f():\n    from sqlalchemy import select\n",
            SELECT,
            "from sqlalchemy import select\n\n\ndef f():\n    from sqlalchemy import select\n",
        ),
        ("import os; x = 1\n", Import("sys"), "import os\nimport sys\nx = 1\n"),
    ],
)
def test_add(before: str, new: Import, after: str | None) -> None:
    once = edited(before, new)
    assert once == (before if after is None else after)
    assert edited(once, new) == once


def test_a_line_that_grows_too_long_is_broken() -> None:
    before = "from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession\n"
    assert edited(before, Import("sqlalchemy.ext.asyncio", "create_async_engine")) == (
        "from sqlalchemy.ext.asyncio import (\n    AsyncConnection,\n    AsyncEngine,\n    AsyncSession,\n"
        "    create_async_engine,\n)\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import X\nx = 1\n", "x = 1\n"),
        ("from a import X, Y\n", "from a import Y\n"),
        ("from a import Y, X\n", "from a import Y\n"),
        ("from a import Y, X as Z\n", None),
        ("from a import W as X, Y\n", "from a import Y\n"),
        ("from a import X as X\n", None),
        ("from a import (\n    V,  # noqa\n    X,\n    Y,\n)\n", "from a import (\n    V,  # noqa\n    Y,\n)\n"),
        ("from a import (\n    V,  # noqa\n    X\n)\n", "from a import (\n    V,  # noqa\n)\n"),
        ("from a import (  # noqa\n    X,\n    Y,\n)\n", "from a import (  # noqa\n    Y,\n)\n"),
        ("from a import (X, Y,)\n", "from a import (Y,)\n"),
        ("import X\nimport y\n", "import y\n"),
        ("import X, y\n", "import y\n"),
        ("import X.y\nimport X.z\nx = 1\n", "x = 1\n"),
        ("import X.y\nX.z\n", None),
        ("import y; import X; z\n", "import y\nz\n"),
        ("from a import X\nX()\n", None),
        ("from a import X\ndef f(b: 'list[X]'): pass\n", None),
        ("from a import X\n__all__ = ['X']\n", None),
        ("from a import X\nb = c  # type: List[X]\n", None),
        ('from a import X\ndef f():\n    """X"""\n', 'def f():\n    """X"""\n'),
        ("from a import X\nf(X=1).X\n", "f(X=1).X\n"),
        ("from a import X\nX += 1\n", None),
        ("from a import X\ndef f():\n    b = c()\n    b['X']\n", "def f():\n    b = c()\n    b['X']\n"),
        ("from a import X\nB = {'X': 1}\n", "B = {'X': 1}\n"),
        ("from a import X\nB = {'b': 'X'}\n", None),
        ("from a import B, X\ndef f():\n    c: B['X'] = d\n", None),
        ("try:\n    from a import X\nexcept E:\n    X = None\n", None),
        ("if a:\n    from a import X\n", "if a:\n    pass\n"),
        ("def f():\n    from a import X\n    return 1\n", "def f():\n    return 1\n"),
        (
            "import os\nfrom typing import TYPE_CHECKING, Any\n\nif TYPE_CHECKING:\n    from a import X\n\nAny\n",
            "import os\nfrom typing import Any\n\nAny\n",
        ),
        (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from a import (\n"
            "        X,\n        Y,\n    )\n",
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from a import (\n        Y,\n    )\n",
        ),
        (
            "if TYPE_CHECKING:\n    from a import X\nelse:\n    Z = 1\n",
            "if TYPE_CHECKING:\n    pass\nelse:\n    Z = 1\n",
        ),
    ],
)
def test_drop(before: str, after: str | None) -> None:
    assert edited(before, drops=("X",)) == (before if after is None else after)


def test_one_name_comes_and_another_goes() -> None:
    before = "from sqlalchemy.orm import Session, sessionmaker\n\nsessionmaker()\n"
    after = edited(
        before,
        Import("sqlalchemy.ext.asyncio", "AsyncSession"),
        Import("sqlalchemy.orm", "joinedload"),
        drops=("Session",),
    )
    assert after == (
        "from sqlalchemy.ext.asyncio import AsyncSession\n"
        "from sqlalchemy.orm import joinedload, sessionmaker\n\nsessionmaker()\n"
    )


def test_a_dropped_name_that_is_wanted_stays() -> None:
    assert edited("from a import X\n", Import("a", "X"), drops=("X",)) == "from a import X\n"


def test_carriage_returns_are_kept() -> None:
    text = "import os\r\n\r\nos\r\n"
    assert edit_imports(text, parse(text), (SELECT,), frozenset(), frozenset(), Style("\r\n")) == (
        "import os\r\n\r\nfrom sqlalchemy import select\r\n\r\nos\r\n"
    )

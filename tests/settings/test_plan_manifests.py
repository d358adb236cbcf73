"""New requirements in every kind of manifest, everything else byte for byte."""

from __future__ import annotations

import pytest

from asyncify.analysis.manifests import read_dependencies
from asyncify.transforms.settings.manifests import plan_manifests, unread
from asyncify.transforms.settings.needs import Needs

POSTGRES = Needs(asyncio=True, drivers=("postgresql+psycopg",))
SQLITE = Needs(asyncio=True, drivers=("sqlite+aiosqlite",))
TESTED = Needs(asyncio=True, drivers=("sqlite+aiosqlite",), pytest_asyncio=True, http_client="httpx")


def plan(needs: Needs, files: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Changed files and codes of findings; a second plan must find nothing to change."""
    edits, findings = plan_manifests(read_dependencies({p: t.encode() for p, t in files.items()}), needs)
    changed = {e.path: e.after for e in edits}
    again, _ = plan_manifests(read_dependencies({p: t.encode() for p, t in {**files, **changed}.items()}), needs)
    assert again == ()
    assert all(e.before == files[e.path] != e.after and e.because for e in edits)
    return changed, [f"{f.code} {f.path}" for f in findings]


def check(needs: Needs, path: str, before: str, after: str, *codes: str) -> None:
    changed, found = plan(needs, {path: before})
    assert changed.get(path, before) == after
    assert [f.split()[0] for f in found] == list(codes)


def test_requirements_pinned() -> None:
    check(
        TESTED,
        "requirements.txt",
        "# web\nfastapi==0.115.0\nSQLAlchemy==2.0.48  # orm\n\n# tests\npytest==8.3.4\nrequests==2.0\n",
        "# web\nfastapi==0.115.0\nSQLAlchemy[asyncio]==2.0.48  # orm\naiosqlite>=0.17\n\n"
        "# tests\npytest==8.3.4\npytest-asyncio>=0.26\nhttpx\nrequests==2.0\n",
    )


def test_requirements_unpinned_without_a_last_newline() -> None:
    check(SQLITE, "requirements.txt", "fastapi\nsqlalchemy", "fastapi\nsqlalchemy[asyncio]\naiosqlite")


def test_requirements_with_crlf() -> None:
    check(
        SQLITE,
        "requirements.txt",
        "fastapi\r\nsqlalchemy\r\nuvicorn\r\n",
        "fastapi\r\nsqlalchemy[asyncio]\r\naiosqlite\r\nuvicorn\r\n",
    )


def test_extras_markers_and_spaces_stay() -> None:
    check(
        SQLITE,
        "requirements.txt",
        "sqlalchemy[mypy, mysql] >= 2.0 , <2.1 ; python_version >= '3.8'  # x\naiosqlite\n",
        "sqlalchemy[mypy, mysql, asyncio] >= 2.0 , <2.1 ; python_version >= '3.8'  # x\naiosqlite\n",
    )


def test_a_driver_goes_beside_its_sync_counterpart() -> None:
    check(
        POSTGRES,
        "requirements.txt",
        "psycopg2-binary==2.9.9\nsqlalchemy==2.0.48\n",
        "psycopg2-binary==2.9.9\npsycopg[binary]>=3.1.16\nsqlalchemy[asyncio]==2.0.48\n",
    )
    check(
        POSTGRES,
        "requirements.txt",
        "psycopg2\nsqlalchemy\n",
        "psycopg2\npsycopg\nsqlalchemy[asyncio]\n",
    )


def test_what_is_there_is_left_alone() -> None:
    text = "sqlalchemy[asyncio]>=2\naiosqlite\npytest\npytest-asyncio\nhttpx\n"
    check(TESTED, "requirements.txt", text, text)


@pytest.mark.parametrize("extra", ["postgresql-asyncpg", "postgresql_asyncpg"])
def test_extras_of_sqlalchemy_bring_driver_and_greenlet(extra: str) -> None:
    text = f"sqlalchemy[{extra}]\n"
    check(Needs(asyncio=True, drivers=("postgresql+asyncpg",)), "requirements.txt", text, text)


def test_the_extra_of_psycopg_does_not_bring_greenlet() -> None:
    check(
        POSTGRES,
        "requirements.txt",
        "sqlalchemy[postgresql-psycopg]\n",
        "sqlalchemy[postgresql-psycopg,asyncio]\n",
    )


def test_sqlmodel_alone_needs_the_extra_beside_it() -> None:
    check(
        SQLITE,
        "requirements.txt",
        "sqlmodel==0.0.22\n",
        "sqlmodel==0.0.22\nsqlalchemy[asyncio]\naiosqlite>=0.17\n",
    )


def test_aiosqlite_that_hangs_with_this_sqlalchemy_is_kept_out() -> None:
    check(
        SQLITE,
        "requirements.txt",
        "sqlalchemy==1.4.46\n",
        "sqlalchemy[asyncio]==1.4.46\naiosqlite>=0.17,<0.22\n",
    )


@pytest.mark.parametrize(
    ("pytest_version", "expected", "codes"),
    [
        ("", ">=0.26", []),
        ("==9.0.1", ">=0.26", []),
        (">=8", ">=0.26", []),
        (">=7,<9", ">=0.26", []),
        ("~=8.0", ">=0.26", []),
        ("==8.*", ">=0.26", []),
        (">=7,<8.0", ">=0.21,<0.22", ["settings-version"]),
        ("==8.2.0", ">=0.26", []),
        ("==8.1.0", ">=0.21,<0.22", ["settings-version"]),
        ("==7.4.0", ">=0.21,<0.22", ["settings-version"]),
        ("==6.2.5", ">=0.20,<0.21", ["settings-version"]),
        ("==5.4", None, ["settings-version"]),
    ],
)
def test_pytest_asyncio_fits_pytest(pytest_version: str, expected: str | None, codes: list[str]) -> None:
    before = f"pytest{pytest_version}\n"
    after = before + (f"pytest-asyncio{expected}\n" if expected else "")
    check(Needs(asyncio=True, pytest_asyncio=True), "requirements-dev.txt", before, after, *codes)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("requirements.txt", "pytest-asyncio==0.24.0  # loops", "pytest-asyncio>=0.26  # loops"),
        (
            "requirements.txt",
            "pytest_asyncio ~= 0.21.1 ; python_version > '3'",
            "pytest_asyncio>=0.26 ; python_version > '3'",
        ),
        ("requirements.txt", "pytest-asyncio[docs]>=0.23,<0.25", "pytest-asyncio[docs]>=0.26"),
        ("environment.yml", "dependencies:\n  - pytest-asyncio=0.24.0\n", "dependencies:\n  - pytest-asyncio>=0.26\n"),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["pytest-asyncio<1,>0.1,<0.24"]',
            '[project]\ndependencies = ["pytest-asyncio>=0.26"]',
        ),
        (
            "pyproject.toml",
            '[tool.poetry.group.dev.dependencies]\npytest-asyncio = "^0.24.0"\n',
            '[tool.poetry.group.dev.dependencies]\npytest-asyncio = ">=0.26"\n',
        ),
        (
            "pyproject.toml",
            "[tool.poetry.dev-dependencies]\npytest-asyncio = {version = '^0.23', extras = []}\n",
            "[tool.poetry.dev-dependencies]\npytest-asyncio = {version = '>=0.26', extras = []}\n",
        ),
        (
            "pyproject.toml",
            '[tool.poetry.group.dev.dependencies.pytest-asyncio]\nversion = "0.24.*"\n',
            '[tool.poetry.group.dev.dependencies.pytest-asyncio]\nversion = ">=0.26"\n',
        ),
        ("Pipfile", '[dev-packages]\npytest-asyncio = "==0.25.3"\n', '[dev-packages]\npytest-asyncio = ">=0.26"\n'),
        ("requirements.txt", "pytest-asyncio>=0.21", "pytest-asyncio>=0.21"),
        ("requirements.txt", "pytest-asyncio==1.1.0", "pytest-asyncio==1.1.0"),
    ],
)
def test_a_plugin_that_is_too_old_becomes_a_newer_one(path: str, before: str, after: str) -> None:
    check(Needs(asyncio=True, pytest_asyncio=True), path, before, after)


def test_an_old_plugin_that_is_locked_is_told() -> None:
    poetry = '[tool.poetry.group.dev.dependencies]\npytest = "^8.3"\npytest-asyncio = "^0.24"\n'
    lock = (
        '[[package]]\nname = "pytest"\nversion = "8.3.2"\n\n[[package]]\nname = "pytest-asyncio"\nversion = "0.24.0"\n'
    )
    files = {"pyproject.toml": poetry, "poetry.lock": lock + '\n[[package]]\nname = "greenlet"\nversion = "3.0"\n'}
    changed, found = plan(Needs(asyncio=True, pytest_asyncio=True), files)
    assert changed == {"pyproject.toml": poetry.replace("^0.24", ">=0.26")}
    assert found == ["settings-lock poetry.lock"]


@pytest.mark.parametrize("version", ["1.1.1", "1.2.0"])
def test_a_plugin_that_loses_the_loop_to_a_plain_test_becomes_a_newer_one(version: str) -> None:
    text = f"pytest==8.3\npytest-asyncio=={version}\n"
    after = text.replace("==1.1.1", ">=1.2")
    check(Needs(asyncio=True, pytest_asyncio=True, own_loops=True), "requirements.txt", text, after)
    check(Needs(asyncio=True, pytest_asyncio=True), "requirements.txt", text, text)


def test_loops_of_their_own_ask_for_a_plugin_that_keeps_the_shared_one() -> None:
    needs = Needs(asyncio=True, pytest_asyncio=True, own_loops=True)
    check(needs, "requirements.txt", "pytest\n", "pytest\npytest-asyncio>=1.2\n")
    old = "pytest==7.4.4\n"
    check(needs, "requirements.txt", old, old + "pytest-asyncio>=0.21,<0.22\n", "settings-version")


def test_files_that_include_one_another() -> None:
    files = {
        "requirements/base.txt": "fastapi\nsqlalchemy\n",
        "requirements/prod.txt": "-r base.txt\npsycopg2-binary\n",
        "requirements/dev.txt": "-r base.txt\npytest\n",
    }
    needs = Needs(True, ("postgresql+psycopg",), ("sqlite+aiosqlite",), pytest_asyncio=True, http_client="httpx")
    changed, findings = plan(needs, files)
    assert changed == {
        "requirements/base.txt": "fastapi\nsqlalchemy[asyncio]\n",
        "requirements/prod.txt": "-r base.txt\npsycopg2-binary\npsycopg[binary]\n",
        "requirements/dev.txt": "-r base.txt\npytest\naiosqlite\npytest-asyncio>=0.26\nhttpx\n",
    }
    assert findings == []


def test_every_manifest_gets_the_driver() -> None:
    files = {"requirements.txt": "sqlalchemy\n", "pyproject.toml": '[project]\ndependencies = ["sqlalchemy"]\n'}
    changed, _ = plan(SQLITE, files)
    assert changed == {
        "requirements.txt": "sqlalchemy[asyncio]\naiosqlite\n",
        "pyproject.toml": '[project]\ndependencies = ["aiosqlite", "sqlalchemy[asyncio]"]\n',
    }


def test_pyproject_with_a_line_for_each() -> None:
    check(
        Needs(True, ("postgresql+psycopg",), ("sqlite+aiosqlite",), pytest_asyncio=True, http_client="httpx"),
        "pyproject.toml",
        "[project]\n"
        "dependencies = [\n"
        '    "fastapi",  # web\n'
        "    'psycopg2-binary >=2.9',  # database\n"
        '    "sqlalchemy>=2.0"  # orm\n'
        "]\n"
        "\n"
        "[dependency-groups]\n"
        'dev = ["ruff", "pytest>=8.2"]\n',
        "[project]\n"
        "dependencies = [\n"
        '    "fastapi",  # web\n'
        "    'psycopg2-binary >=2.9',  # database\n"
        "    'psycopg[binary]>=3.1.16',\n"
        '    "sqlalchemy[asyncio]>=2.0"  # orm\n'
        "]\n"
        "\n"
        "[dependency-groups]\n"
        'dev = ["ruff", "aiosqlite>=0.17", "pytest-asyncio>=0.26", "httpx", "pytest>=8.2"]\n',
    )


def test_the_last_line_without_a_comma() -> None:
    check(
        SQLITE,
        "pyproject.toml",
        '[project]\ndependencies = [\n  "fastapi",\n  "sqlalchemy"\n]\n',
        '[project]\ndependencies = [\n  "fastapi",\n  "aiosqlite",\n  "sqlalchemy[asyncio]"\n]\n',
    )


def test_poetry() -> None:
    check(
        Needs(True, ("postgresql+psycopg", "sqlite+aiosqlite"), pytest_asyncio=True, http_client="httpx"),
        "pyproject.toml",
        "[tool.poetry.dependencies]\n"
        'python = "^3.10"\n'
        'sqlalchemy = "^2.0"  # orm\n'
        'psycopg2-binary = "^2.9"\n'
        "\n"
        "[tool.poetry.group.dev.dependencies]\n"
        'pytest = "^8.2"\n'
        "\n"
        "[build-system]\n",
        "[tool.poetry.dependencies]\n"
        'python = "^3.10"\n'
        'sqlalchemy = {extras = ["asyncio"], version = "^2.0"}  # orm\n'
        'aiosqlite = ">=0.17"\n'
        'psycopg2-binary = "^2.9"\n'
        'psycopg = {extras = ["binary"], version = ">=3.1.16"}\n'
        "\n"
        "[tool.poetry.group.dev.dependencies]\n"
        'pytest = "^8.2"\n'
        'pytest-asyncio = ">=0.26"\n'
        'httpx = "*"\n'
        "\n"
        "[build-system]\n",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('SQLAlchemy = "*"', 'SQLAlchemy = {extras = ["asyncio"], version = "*"}'),
        ("sqlalchemy='2.0.48'", "sqlalchemy={extras = [\"asyncio\"], version = '2.0.48'}"),
        ('sqlalchemy = {version = "^2"}', 'sqlalchemy = {extras = ["asyncio"], version = "^2"}'),
        ('sqlalchemy = { version = "^2" }', 'sqlalchemy = { extras = ["asyncio"], version = "^2" }'),
        (
            'sqlalchemy = {extras = ["mypy"], version = "^2"}',
            'sqlalchemy = {extras = ["mypy", "asyncio"], version = "^2"}',
        ),
        (
            'sqlalchemy = {version = "^2", extras = []}',
            'sqlalchemy = {version = "^2", extras = ["asyncio"]}',
        ),
        ('sqlalchemy = {extras = ["asyncio"], version = "^2"}', None),
    ],
)
def test_extras_in_a_poetry_table(before: str, after: str | None) -> None:
    head = "[tool.poetry.dependencies]\n"
    check(Needs(asyncio=True), "pyproject.toml", head + before + "\n", head + (after or before) + "\n")


def test_a_poetry_requirement_with_a_table_of_its_own() -> None:
    check(
        SQLITE,
        "pyproject.toml",
        '[tool.poetry.dependencies]\nfastapi = "*"\n\n[tool.poetry.dependencies.sqlalchemy]\nversion = "2.0.48"\n',
        '[tool.poetry.dependencies]\nfastapi = "*"\naiosqlite = ">=0.17"\n\n'
        '[tool.poetry.dependencies.sqlalchemy]\nextras = ["asyncio"]\nversion = "2.0.48"\n',
    )


def test_several_constraints_for_one_package_are_left_to_a_person() -> None:
    before = '[tool.poetry.dependencies]\nsqlalchemy = [{version = "1.4", python = "3.8"}, {version = "2"}]\n'
    check(Needs(asyncio=True), "pyproject.toml", before, before, "settings-form")


def test_pipfile() -> None:
    check(
        TESTED,
        "Pipfile",
        '[packages]\nfastapi = "*"\nsqlalchemy = "*"\n\n[dev-packages]\npytest = "*"',
        '[packages]\nfastapi = "*"\nsqlalchemy = {extras = ["asyncio"], version = "*"}\naiosqlite = "*"\n\n'
        '[dev-packages]\npytest = "*"\npytest-asyncio = ">=0.26"\nhttpx = "*"',
    )


def test_setup_cfg() -> None:
    check(
        TESTED,
        "setup.cfg",
        "[options]\ninstall_requires =\n    fastapi\n    sqlalchemy>=2\n[options.extras_require]\ntest =\n    pytest\n",
        "[options]\ninstall_requires =\n    fastapi\n    sqlalchemy[asyncio]>=2\n    aiosqlite>=0.17\n"
        "[options.extras_require]\ntest =\n    pytest\n    pytest-asyncio>=0.26\n    httpx\n",
    )


def test_setup_py() -> None:
    check(
        TESTED,
        "setup.py",
        "from setuptools import setup\nsetup(\n    install_requires=[\n        'fastapi', 'sqlalchemy',\n    ],\n"
        "    extras_require={'test': [\n        'pytest',  # ä\n    ]},\n)\n",
        "from setuptools import setup\nsetup(\n    install_requires=[\n"
        "        'fastapi', 'aiosqlite', 'sqlalchemy[asyncio]',\n    ],\n"
        "    extras_require={'test': [\n        'pytest',  # ä\n        'pytest-asyncio>=0.26',\n"
        "        'httpx',\n    ]},\n)\n",
    )


def test_conda_has_no_extras() -> None:
    check(
        SQLITE,
        "environment.yml",
        "dependencies:\n  - python=3.11\n  - sqlalchemy=2.0\n  - pip:\n    - fastapi\n",
        "dependencies:\n  - python=3.11\n  - sqlalchemy=2.0\n  - greenlet\n  - aiosqlite>=0.17\n"
        "  - pip:\n    - fastapi\n",
    )


def test_a_generated_file_is_changed_and_told() -> None:
    check(
        SQLITE,
        "requirements.txt",
        "# This file is autogenerated by pip-compile with Python 3.11\n#\n#    pip-compile r.in\n#\n"
        "sqlalchemy==2.0.48\n    # via -r r.in\n    # via sqlmodel\nuvicorn==0.30\n",
        "# This file is autogenerated by pip-compile with Python 3.11\n#\n#    pip-compile r.in\n#\n"
        "sqlalchemy[asyncio]==2.0.48\n    # via -r r.in\n    # via sqlmodel\naiosqlite>=0.17\nuvicorn==0.30\n",
        "settings-generated",
    )


def test_hashes_cannot_be_kept() -> None:
    text = "sqlalchemy==2.0.48 \\\n    --hash=sha256:aa\n"
    check(SQLITE, "requirements.txt", text, text, "settings-hashed")


def test_lock_files_name_the_command() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["sqlalchemy"]\n',
        "uv.lock": '[[package]]\nname = "sqlalchemy"\nversion = "2.0.48"\n',
    }
    edits, findings = plan_manifests(read_dependencies({p: t.encode() for p, t in files.items()}), SQLITE)
    assert len(edits) == 1
    assert [(f.path, f.code, f.message, f.advice) for f in findings] == [
        ("uv.lock", "settings-lock", "does not hold aiosqlite, greenlet", "run `uv lock`")
    ]


def test_a_lock_file_with_all_packages_is_fine() -> None:
    lock = "".join(
        f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in [("sqlalchemy", "2.0.48"), ("aiosqlite", "0.22.1"), ("greenlet", "3.1")]
    )
    files = {"pyproject.toml": '[project]\ndependencies = ["aiosqlite","sqlalchemy[asyncio]"]\n', "uv.lock": lock}
    assert plan(SQLITE, files) == ({}, [])


def test_a_lock_file_that_is_made_anew_does_not_choose_the_plugin() -> None:
    groups = ('[tool.poetry.dependencies]\nsqlalchemy = "^2"', '[tool.poetry.group.dev.dependencies]\npytest = "^8.0"')
    pyproject = "\n".join(groups) + "\n"
    locked = [("sqlalchemy", "2.0.30"), ("greenlet", "3.1"), ("httpx", "0.28.1"), ("aiosqlite", "0.20")]
    lock = "".join(f'[[package]]\nname = "{name}"\nversion = "{v}"\n' for name, v in [*locked, ("pytest", "8.1.1")])
    changed, findings = plan(TESTED, {"pyproject.toml": pyproject, "poetry.lock": lock})
    assert 'pytest-asyncio = ">=0.26"' in changed["pyproject.toml"]
    assert findings == ["settings-lock poetry.lock"]


def test_packages_without_a_place_are_told() -> None:
    check(TESTED, "requirements.txt", "fastapi\n", "fastapi\n", *["settings-no-place"] * 3)
    assert plan(SQLITE, {})[1] == ["settings-no-place ."]
    (finding,) = plan_manifests(read_dependencies({}), SQLITE)[1]
    assert finding.advice == "install aiosqlite, with SQLAlchemy before 2.0.46 aiosqlite>=0.17,<0.22"


def test_httpx_comes_with_some_extras() -> None:
    changed, _ = plan(TESTED, {"requirements.txt": "fastapi[standard]\nsqlalchemy\npytest\n"})
    assert "httpx" not in changed["requirements.txt"]


def test_no_async_engine_no_edit() -> None:
    assert plan(Needs(), {"requirements.txt": "sqlalchemy\npytest\n"}) == ({}, [])


def test_too_old_and_missing_drivers_are_told() -> None:
    assert plan(Needs(asyncio=True), {"requirements.txt": "sqlalchemy==1.3.24\n"})[1] == [
        "settings-version requirements.txt"
    ]
    assert plan(Needs(asyncio=True, missing=("mssql",)), {"requirements.txt": "sqlalchemy==1.4.46\n"})[1] == [
        "settings-no-driver requirements.txt"
    ]


def test_a_file_that_is_no_utf_8_is_told() -> None:
    project = read_dependencies({"requirements.txt": b"sqlalchemy\xff\n"})
    assert [f.code for f in unread(project)] == ["settings-unread"]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("requirements.txt", "SQLAlchemy>=1.4.25", "SQLAlchemy[asyncio]>=2.0"),
        ("requirements.txt", "sqlalchemy > 1.4, <3  # x", "sqlalchemy[asyncio] >=2.0, <3  # x"),
        ("requirements.txt", "sqlalchemy[asyncio]>=1.4", "sqlalchemy[asyncio]>=2.0"),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nsqlalchemy = ">=1.4"',
            '[tool.poetry.dependencies]\nsqlalchemy = {extras = ["asyncio"], version = ">=2.0"}',
        ),
        ("requirements.txt", "sqlalchemy>=1.4,<2", "sqlalchemy[asyncio]>=1.4,<2"),
        ("requirements.txt", "sqlalchemy>=2.0.4", "sqlalchemy[asyncio]>=2.0.4"),
    ],
)
def test_the_lowest_sqlalchemy_has_what_the_new_code_uses(path: str, before: str, after: str) -> None:
    needs = Needs(asyncio=True, drivers=("sqlite+aiosqlite",), sqlalchemy="2.0")
    changed, _ = plan(needs, {path: f"{before}\n"})
    assert changed[path].startswith(f"{after}\naiosqlite")


BOUNDS = [(">=2.0.4", ">=2.0.13"), (">=2.0.40", ">=2.0.40"), ("~=2.0", "~=2.0"), ("", "")]


@pytest.mark.parametrize(("before", "after"), BOUNDS)
def test_a_version_of_2_that_has_what_the_new_code_uses(before: str, after: str) -> None:
    needs = Needs(asyncio=True, drivers=("sqlite+aiosqlite",), sqlalchemy="2.0.13")
    changed, _ = plan(needs, {"requirements.txt": f"sqlalchemy{before}\n"})
    assert changed["requirements.txt"].startswith(f"sqlalchemy[asyncio]{after}\naiosqlite")

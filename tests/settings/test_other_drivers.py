"""SQL Server and Oracle: URLs, errors, packages and what is told. Nothing is run against a server of these."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from asyncify.model.edit import Finding
from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

APP = """\
import os

from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

engine = create_engine(os.environ["URL"]@more@)


def attempt():
    import @driver@

    try:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO ones VALUES (1)"))
    except IntegrityError as error:
        return isinstance(error.orig, @driver@.IntegrityError)
"""


def migrated(driver: str, package: str, more: str = "") -> tuple[dict[str, str], tuple[Finding, ...]]:
    app = APP.replace("@driver@", driver).replace("@more@", more)
    files = {"main.py": app.encode(), "requirements.txt": f"sqlalchemy>=2.0.30\n{package}\n".encode()}
    run = run_steps(Workspace(Path("/nowhere"), files), stages())
    again = run_steps(run.after, stages())
    assert again.after.files == run.after.files
    return {path: data.decode() for path, data in run.after.files.items()}, run.findings


def changed(source: str, url: str) -> str:
    """What the function that is added makes of a URL."""
    start = source.index("def async_database_url")
    names = {"make_url": make_url}
    exec(source[start : source.index("\n\n\n", start)], names)
    return names["async_database_url"](url).render_as_string(hide_password=False)  # type: ignore[operator]


@pytest.mark.parametrize(
    "url",
    [
        "mssql+pyodbc://sa:x%40y@db/shop?TrustServerCertificate=yes&driver=ODBC+Driver+18+for+SQL+Server",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3D%7BODBC+Driver+18+for+SQL+Server%7D%3BSERVER%3Ddb",
    ],
)
def test_sql_server(url: str) -> None:
    files, findings = migrated("pyodbc", "pyodbc", ", fast_executemany=True")
    assert changed(files["main.py"], url) == url.replace("pyodbc", "aioodbc")
    assert "fast_executemany=True" in files["main.py"] and "isinstance(error.orig, pyodbc." in files["main.py"]
    assert files["requirements.txt"] == "sqlalchemy[asyncio]>=2.0.30\npyodbc\naioodbc\n"
    assert not findings


def test_a_url_of_pymssql_says_too_little() -> None:
    files, findings = migrated("pymssql", "pymssql")
    assert changed(files["main.py"], "mssql+pymssql://sa:x@db/shop") == "mssql+pymssql://sa:x@db/shop"
    assert [(f.code, "driver=ODBC" in f.advice) for f in findings] == [("engine-url", True)]


def test_oracle() -> None:
    files, findings = migrated("cx_Oracle", "cx_Oracle", ', connect_args={"encoding": "UTF-8", "stmtcachesize": 9}')
    url = "oracle+cx_oracle://scott:tiger@db:1521/?encoding=UTF-8&nencoding=UTF-8&service_name=orcl&threaded=true"
    assert changed(files["main.py"], url) == "oracle+oracledb://scott:tiger@db:1521/?service_name=orcl"
    assert 'connect_args={"stmtcachesize": 9}' in files["main.py"]
    assert "isinstance(error.orig, oracledb.IntegrityError)" in files["main.py"]
    assert files["requirements.txt"] == "sqlalchemy[asyncio]>=2.0.30\ncx_Oracle\noracledb\n"
    assert [f.code for f in findings] == ["engine-thin"]


def test_the_driver_of_oracle_that_is_both() -> None:
    files, findings = migrated("oracledb", "oracledb", ", thick_mode=True")
    assert "thick_mode" not in files["main.py"] and "isinstance(error.orig, oracledb." in files["main.py"]
    assert changed(files["main.py"], "oracle+oracledb://u:p@db/s") == "oracle+oracledb://u:p@db/s"
    assert [f.code for f in findings] == ["engine-argument"]

"""Programs on the sync drivers for MySQL and what they become: what the async driver is told, its errors, its lists.

No server is started here: what the listener hands on is read, and the edits. The same was run against MariaDB by hand.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from asyncify.analysis.config import Config
from asyncify.model.edit import Finding
from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBbDCCARKgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3Jp
dHkwIBcNMjYxMTMwMDA1ODAwWhgPMjEyNjExMDYwMDU4MDBaMBQxEjAQBgNVBAMM
CWF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMC3QK1phWSp3/iz
auMMdPDqswFaVjJX6wZmSMChx3aCyIcXUVuODF2OYVfsAXqZPVYkGF7z98BIXBu+
slF80v2jUzBRMB0GA1UdDgQWBBQqrJkSqvjtuciNSu2xG29GESFUUDAfBgNVHSME
GDAWgBQqrJkSqvjtuciNSu2xG29GESFUUDAPBgNVHRMBAf8EBTADAQH/MAoGCCqG
SM49BAMCA0gAMEUCIQC2vgctsuD/eJMr1f81/IHYIofJAcqI5825MjwgEYxNigIg
L7RfVJ5Qtc57mO0APNJOniV1joJ5t7CoUgXnruq6RHo=
-----END CERTIFICATE-----
"""
APP = """\
import os

from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

engine = create_engine(os.environ["URL"], pool_recycle=3600, connect_args=@args@)


def names(ids):
    with engine.connect() as connection:
        return connection.execute(text("SELECT name FROM people WHERE id IN :ids"), {"ids": ids}).all()
"""
PACKAGES = {"pymysql": "PyMySQL", "mysqldb": "mysqlclient", "mysqlconnector": "mysql-connector-python"}


def migrated(source: str, driver: str, target: str = "") -> tuple[str, tuple[Finding, ...]]:
    files = {
        "main.py": source.encode(),
        "requirements.txt": f"sqlalchemy\n{PACKAGES[driver]}\n".encode(),
        ".env.example": f"URL=mysql+{driver}://me@localhost/shop\n".encode(),
    }
    if target == "aiomysql":
        files["requirements.txt"] += b"pymysql<1.2\n" if driver != "pymysql" else b""
        files["requirements.txt"] = files["requirements.txt"].replace(b"PyMySQL\n", b"PyMySQL<1.2\n")
    run = run_steps(Workspace(Path("/nowhere"), files), stages(), Config(driver=target))
    again = run_steps(run.after, stages(), Config(driver=target))
    assert again.after.files == run.after.files
    assert (target or "asyncmy") in run.after.files["requirements.txt"].decode()
    return run.after.files["main.py"].decode(), run.findings


def told(source: str, given: dict[str, Any], driver: str = "asyncmy") -> dict[str, Any]:
    """What the driver is told by the listener of a program for what SQLAlchemy would tell it."""
    start = source.index('@event.listens_for(Engine, "do_connect")')
    text = source[start : source.index("\n\n\n", start)]
    names: dict[str, Any] = {"event": SimpleNamespace(listens_for=lambda *_: lambda f: f), "Engine": None, **vars(ssl)}
    exec(text, names)
    keywords = dict(given)
    names["mysql_arguments"](SimpleNamespace(driver=driver), None, [], keywords)
    return keywords


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    path.write_text(AUTHORITY)
    return str(path)


def test_other_names_and_what_goes() -> None:
    after, findings = migrated(APP.replace("@args@", '{"read_timeout": 30, "write_timeout": 30}'), "mysqlconnector")
    given = {
        "host": "h",
        "passwd": "x",
        "connection_timeout": "10",
        "use_pure": True,
        "write_timeout": 30,
        "auth_plugin": "mysql_native_password",
        "collation": "utf8mb4_bin",
        "time_zone": "+00:00",
        "read_timeout": 30,
        "init_command": "SET sql_mode = 'ANSI'",
    }
    assert told(after, given) == {
        "host": "h",
        "password": "x",
        "connect_timeout": 10,
        "read_timeout": 30,
        "init_command": "SET sql_mode = 'ANSI', collation_connection = 'utf8mb4_bin', time_zone = '+00:00'",
    }
    assert told(after, {"time_zone": "+01:00"}) == {"init_command": "SET time_zone = '+01:00'"}
    assert told(after, {"collation": "x"}, "pymysql") == {"collation": "x"}
    assert [(f.code, f.message.split()[-1]) for f in findings] == [
        ("engine-tls", "could"),
        ("engine-connect-args", "write_timeout"),
    ]


def test_another_driver_takes_others() -> None:
    after, findings = migrated(APP.replace("@args@", '{"read_timeout": 30}'), "pymysql", "aiomysql")
    given = {"read_timeout": 30, "auth_plugin": "mysql_clear_password"}
    assert told(after, given, "aiomysql") == {"auth_plugin": "mysql_clear_password"}
    assert [f.code for f in findings] == ["engine-tls", "engine-connect-args"]


@pytest.mark.parametrize(
    ("driver", "said", "verify", "names"),
    [
        ("pymysql", {"ssl": {"ca": "@"}}, ssl.CERT_REQUIRED, True),
        ("pymysql", {"ssl": {"ca": "@", "check_hostname": False}}, ssl.CERT_REQUIRED, False),
        ("pymysql", {"ssl_ca": "@"}, ssl.CERT_NONE, False),
        ("pymysql", {"ssl_ca": "@", "ssl_verify_cert": True}, ssl.CERT_REQUIRED, False),
        ("pymysql", {"ssl_ca": "@", "ssl_verify_identity": "true"}, ssl.CERT_REQUIRED, True),
        ("pymysql", {"ssl": {"fake_flag_to_enable_tls": True}}, ssl.CERT_NONE, False),
        ("mysqldb", {"ssl": {"ca": "@"}}, ssl.CERT_REQUIRED, False),
        ("mysqldb", {"ssl_mode": "REQUIRED"}, ssl.CERT_NONE, False),
        ("mysqldb", {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": "@"}}, ssl.CERT_REQUIRED, True),
        ("mysqlconnector", {"ssl": {"ca": "@"}}, ssl.CERT_NONE, False),
        ("mysqlconnector", {"ssl_ca": "@", "ssl_verify_cert": True}, ssl.CERT_REQUIRED, False),
    ],
)
def test_tls_is_a_context_that_checks_what_the_driver_checked(
    driver: str, said: dict[str, Any], verify: ssl.VerifyMode, names: bool, authority: str
) -> None:
    after, _ = migrated(APP.replace("@args@", "{}"), driver)
    given = {k: {**v, "ca": authority} if isinstance(v, dict) and "ca" in v else v for k, v in said.items()}
    given.update({k: authority for k, v in given.items() if v == "@"})
    context = told(after, given)["ssl"]
    assert (context.verify_mode, context.check_hostname) == (verify, names)
    assert [c["serialNumber"] for c in context.get_ca_certs()] == ["01"] or "@" not in repr(said)


@pytest.mark.parametrize("said", [{"ssl_disabled": True}, {"ssl_disabled": "true"}, {"host": "h"}])
def test_without_tls(said: dict[str, Any]) -> None:
    after, _ = migrated(APP.replace("@args@", "{}"), "pymysql")
    assert "ssl" not in told(after, said)


def test_a_context_of_the_program_stays() -> None:
    after, findings = migrated(APP.replace("@args@", '{"ssl": make_context()}'), "pymysql")
    context = ssl.create_default_context()
    assert told(after, {"ssl": context}) == {"ssl": context}
    assert not findings


def test_lists_in_texts_expand() -> None:
    after, _ = migrated(APP.replace("@args@", "{}"), "mysqldb")
    assert '.bindparams(bindparam("ids", expanding=True))' in after


ERRORS = """\
from @module@ import IntegrityError as Refused
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

engine = create_engine("mysql+@driver@://localhost/shop")


def attempt(statement):
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except IntegrityError as error:
        return isinstance(error.orig, Refused) and error.orig.@number@ == 1062
"""


@pytest.mark.parametrize("target", ["asyncmy", "aiomysql"])
@pytest.mark.parametrize(
    ("driver", "module", "number"),
    [
        ("pymysql", "pymysql.err", "args[0]"),
        ("mysqldb", "MySQLdb", "args[0]"),
        ("mysqlconnector", "mysql.connector.errors", "errno"),
    ],
)
def test_errors_are_those_of_the_async_driver(driver: str, module: str, number: str, target: str) -> None:
    source = ERRORS.replace("@module@", module).replace("@driver@", driver).replace("@number@", number)
    after, findings = migrated(source, driver, target)
    kind = {"asyncmy": "asyncmy.errors.IntegrityError", "aiomysql": "pymysql.err.IntegrityError"}[target]
    kind = "Refused" if module == "pymysql.err" and target == "aiomysql" else kind
    assert f"return isinstance(error.orig, {kind}) and error.orig.args[0] == 1062" in after
    assert [f.code for f in findings] == ["engine-tls", "settings-url-sync"]


def test_what_no_async_driver_has_is_told() -> None:
    source = ERRORS.replace("@module@", "mysql.connector.errors").replace("@driver@", "mysqlconnector")
    assert "driver-error" in [f.code for f in migrated(source.replace("@number@", "sqlstate"), "mysqlconnector")[1]]

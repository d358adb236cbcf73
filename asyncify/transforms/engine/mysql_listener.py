"""What the sync drivers for MySQL are told in a URL or in `connect_args`, in the words of the async driver.

The async drivers refuse what they have no name for, and of TLS they take a context alone. Sources:
`knowledge/mysql_arguments.py`; SQLAlchemy `DialectEvents.do_connect`; PyMySQL `_create_ssl_ctx`; MySQL "Command Options
for Encrypted Connections".
"""

from __future__ import annotations

import re
from textwrap import wrap

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.knowledge.mysql_arguments import OTHER_NAMES, OWN_CODE, TRUSTS, VARIABLES, WITHOUT, Trust, lost
from asyncify.model.edit import Import
from asyncify.model.text import DOCUMENTS

NAME = "mysql_arguments"
TARGETS = frozenset({"mysql+aiomysql", "mysql+asyncmy", "mariadb+aiomysql", "mariadb+asyncmy"})
BECAUSE = "of TLS the async drivers for MySQL take a context, and other arguments by other names or not at all"

#: measured with MariaDB 10.11; a password of MySQL 8 (`caching_sha2_password`) needs one of the two
TLS_ADVICE = 'give it connect_args={"ssl": ssl.create_default_context(...)}; without, MySQL 8 needs `cryptography`'

_DRIVERNAME = re.compile(rb"\b(?:mysql|mariadb)(?:\+(\w+))?://")
_TLS = re.compile(rb"\bssl_(?:ca|capath|cert|cipher|disabled|key|mode|verify\w*)\b|[\"']ssl[\"']\s*:")
_LISTENER = '''\
@{event}.listens_for({engine}, "do_connect")
def {name}(dialect, record, arguments, keywords):
    """What {source} is told, for {target}: TLS as a context, other names, and some that it does not have."""
    if dialect.driver != "{target}":
        return
    for key in (
        {without}
    ):
        keywords.pop(key, None)
    names = (
        {renamed}
    )
    for old, new in names:
        if old in keywords:
            keywords[new] = keywords.pop(old)
    for old, new in ({variables}):
        if old in keywords:
            before = keywords.get("init_command")
            keywords["init_command"] = f"{{before + ', ' if before else 'SET '}}{{new}} = '{{keywords.pop(old)}}'"
    if "connect_timeout" in keywords:
        keywords["connect_timeout"] = int(keywords["connect_timeout"])
    given = keywords.get("ssl")
    told = dict(keywords.pop("ssl")) if isinstance(given, dict) else {{}}
    told.update({{key[4:]: keywords.pop(key) for key in [k for k in keywords if k.startswith("ssl_")]}})
{modes}    if not told or str(told.get("disabled")).lower() in ("1", "true"):
        return
    authority, yes = told.get("ca") or told.get("capath"), ("1", "true", "yes", "required", "optional")
    named = told.get("verify_identity", authority and told.get("check_hostname", {names}))
    verified = told.get("verify_cert", told.get("verify_mode", authority and {verifies}))
    context = {create}(cafile=told.get("ca"), capath=told.get("capath"))
    context.verify_flags &= ~{strict}  # the certificates that MySQL makes for itself
    context.check_hostname = str(named).lower() in yes
    if not context.check_hostname and str(verified).lower() not in yes:
        context.verify_mode = {none}
    if told.get("cert"):
        context.load_cert_chain(told["cert"], told.get("key"), told.get("key_password", told.get("password")))
    if told.get("cipher"):
        context.set_ciphers(told["cipher"])
    keywords["ssl"] = context
'''
#: words of `mysql_options(MYSQL_OPT_SSL_MODE)`, which mysqlclient takes as `ssl_mode`
_MODES = """\
    modes = {
        "DISABLED": {"disabled": True},
        "PREFERRED": {"disabled": True},
        "REQUIRED": {"verify_cert": False},
        "VERIFY_CA": {"verify_cert": True},
        "VERIFY_IDENTITY": {"verify_identity": True},
    }
    told.update(modes.get(str(told.pop("mode", "")).upper(), {}))
"""


def takes(name: str) -> bool:
    """Whether the listener does something about an argument."""
    return name not in OWN_CODE


def trust(program: Program) -> Trust:
    """The sync driver that a program connects to MySQL with: by its URLs, else by its packages."""
    named = {(m.group(1) or b"mysqldb").decode() for data in _files(program) for m in _DRIVERNAME.finditer(data)}
    listed = read_dependencies(program.workspace.files).listed
    by_url = [row for row in TRUSTS if row.driver in named]
    return (by_url or [row for row in TRUSTS if row.package in listed] or list(TRUSTS))[0]


def listener(program: Program, path: str, target: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports. target: an async drivername."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy.engine", "Engine")
    create, tls = bring(program, path, "ssl", "create_default_context")
    none, last = bring(program, path, "ssl", "CERT_NONE")
    strict, least = bring(program, path, "ssl", "VERIFY_X509_STRICT")
    row = trust(program)
    driver = target.partition("+")[2]
    text = _LISTENER.format(
        event=event,
        engine=engine,
        name=free_name(program, path, NAME),
        source=row.package,
        target=driver,
        without="\n        ".join(wrap(", ".join(f'"{n}"' for n in (*WITHOUT, *lost(driver))) + ",", 100)),
        renamed="\n        ".join(f'("{old}", "{new}"),' for old, new in OTHER_NAMES.items()),
        variables=", ".join(f'("{old}", "{new}")' for old, new in VARIABLES.items()),
        modes=_MODES if row.driver == "mysqldb" else "",
        names=row.names,
        verifies=row.verifies,
        create=create,
        none=none,
        strict=strict,
    )
    return text, (*imports, *more, *tls, *last, *least)


def tells_of_tls(program: Program) -> bool:
    """Whether a program says anywhere how its connections to MySQL are encrypted."""
    return any(_TLS.search(data) for data in _files(program))


def _files(program: Program) -> list[bytes]:
    return [data for path, data in program.workspace.files.items() if not path.endswith(DOCUMENTS)]

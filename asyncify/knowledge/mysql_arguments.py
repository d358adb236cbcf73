"""What the sync drivers for MySQL are told to connect, and what the async ones know of it.

The names are those of `connect()` of PyMySQL 1.2, mysqlclient 2.3 and MySQL Connector/Python 26, against those of
aiomysql 0.3 and asyncmy 0.2.18; SQLAlchemy hands on what it finds in a URL, `ssl_*` gathered into one dict. How each of
the three checks a certificate was measured on a MariaDB server with one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: name -> the same value under the name of the async drivers
OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {"passwd": "password", "connection_timeout": "connect_timeout", "allow_local_infile": "local_infile"}
)

#: name -> the variable of the session that it sets
VARIABLES: Mapping[str, str] = MappingProxyType({"collation": "collation_connection", "time_zone": "time_zone"})

#: ways to read from a socket, and defaults that the async drivers have anyway
WITHOUT = (
    *("binary_prefix", "buffered", "compress", "consume_results", "defer_connect", "force_ipv6", "get_warnings"),
    *("max_allowed_packet", "multi_statements", "raw", "use_pure"),
)

#: async driver -> what the other one takes, and it does not
NOT_TAKEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"aiomysql": ("read_timeout",), "asyncmy": ("auth_plugin",)}
)

#: what had an effect that an async driver does not give -> what can be done
LOST: Mapping[str, str] = MappingProxyType(
    {
        "read_timeout": "`asyncio.timeout(...)` around what may take long, or a limit of the server",
        "write_timeout": "`asyncio.timeout(...)` around what may take long",
        "raise_on_warnings": "nothing: warnings of the server are no errors",
        "auth_plugin": "nothing: it is agreed with the server",
    }
)

#: what only code can translate -> what can be done
OWN_CODE: Mapping[str, str] = MappingProxyType(
    {
        "auth_plugin_map": "nothing: the async driver has no plugins of its own",
        "bind_address": "nothing: the system chooses the address",
        "client_flags": '"client_flag": the flags as one number',
        "converter_class": '"conv": a dict of converters',
        "cursorclass": "leave it out and call `.mappings()` on results",
        "named_pipe": "a host and a port",
    }
)


def lost(driver: str) -> tuple[str, ...]:
    """The names of what an async driver does not take, and has nothing for."""
    others = {name for names in NOT_TAKEN.values() for name in names}
    return tuple(name for name in LOST if name not in others or name in NOT_TAKEN[driver])


@dataclass(frozen=True)
class Trust:
    """How a sync driver that is told of a certificate of an authority checks the server with it.

    driver: the part of the drivername behind `+`. package: its distribution.
    verifies: Python for whether it checks the certificate when nothing more is said; `given` is its `ssl` argument.
    names: the same for the name of the host.
    """

    driver: str
    package: str
    verifies: str
    names: str


#: The first that a program uses is the one; of several, the strictest stands first.
TRUSTS: tuple[Trust, ...] = (
    Trust("pymysql", "pymysql", "isinstance(given, dict)", "isinstance(given, dict)"),
    Trust("mysqldb", "mysqlclient", "True", "False"),
    Trust("mariadbconnector", "mariadb", "True", "False"),
    Trust("mysqlconnector", "mysql-connector-python", "False", "False"),
)

"""What sync drivers hang on their errors, in the words of the async drivers: psycopg2 here, those for MySQL below.

SQLAlchemy wraps an error of a driver and keeps it as `error.orig`. psycopg 3 has the same classes under the same names,
`sqlstate` for `pgcode`, and the same `diag`. What asyncpg raises is the `__cause__` of an error of SQLAlchemy's own,
which has `pgcode` and no `diag`. Sources: psycopg2 "Error" and `psycopg2.errors`; psycopg 3 "Differences from
psycopg2"; SQLAlchemy 2.0 and 2.1 `dialects/postgresql/asyncpg.py`, `_handle_exception`; asyncpg
`exceptions/_base.py`, `PostgresMessage`. Each row was compared with the classes of the three drivers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: classes of PEP 249, which every driver has
STANDARD = frozenset(
    "DataError DatabaseError Error IntegrityError InterfaceError InternalError NotSupportedError OperationalError "
    "ProgrammingError".split()
)

#: class of `psycopg2.errors` -> code of PostgreSQL ("PostgreSQL Error Codes", appendix A); those that apps ask for
SQLSTATES: Mapping[str, str] = MappingProxyType(
    {
        "StringDataRightTruncation": "22001",
        "NumericValueOutOfRange": "22003",
        "InvalidDatetimeFormat": "22007",
        "DatetimeFieldOverflow": "22008",
        "DivisionByZero": "22012",
        "InvalidTextRepresentation": "22P02",
        "IntegrityConstraintViolation": "23000",
        "RestrictViolation": "23001",
        "NotNullViolation": "23502",
        "ForeignKeyViolation": "23503",
        "UniqueViolation": "23505",
        "CheckViolation": "23514",
        "ExclusionViolation": "23P01",
        "InFailedSqlTransaction": "25P02",
        "InvalidPassword": "28P01",
        "InvalidCatalogName": "3D000",
        "SerializationFailure": "40001",
        "DeadlockDetected": "40P01",
        "InsufficientPrivilege": "42501",
        "SyntaxError": "42601",
        "UndefinedColumn": "42703",
        "UndefinedFunction": "42883",
        "UndefinedTable": "42P01",
        "DuplicateColumn": "42701",
        "DuplicateDatabase": "42P04",
        "DuplicateObject": "42710",
        "DuplicateTable": "42P07",
        "TooManyConnections": "53300",
        "ObjectInUse": "55006",
        "LockNotAvailable": "55P03",
        "QueryCanceled": "57014",
        "AdminShutdown": "57P01",
        "RaiseException": "P0001",
    }
)

#: attribute of `diag` -> attribute of an error of asyncpg
DIAGNOSTICS: Mapping[str, str] = MappingProxyType(
    {
        "column_name": "column_name",
        "constraint_name": "constraint_name",
        "context": "context",
        "datatype_name": "data_type_name",
        "message_detail": "detail",
        "message_hint": "hint",
        "message_primary": "message",
        "schema_name": "schema_name",
        "severity": "severity",
        "sqlstate": "sqlstate",
        "table_name": "table_name",
    }
)

#: what teaches psycopg2 a type, or is a value that only psycopg2 can send
OWN_VALUES = frozenset(
    "psycopg2.extensions.register_adapter psycopg2.extensions.register_type psycopg2.extras.register_composite "
    "psycopg2.extras.register_hstore psycopg2.extras.register_uuid psycopg2.extras.register_json "
    "psycopg2.extras.register_default_json psycopg2.extras.register_default_jsonb psycopg2.extras.Json "
    "psycopg2.extras.NumericRange psycopg2.extras.DateRange psycopg2.extras.DateTimeRange "
    "psycopg2.extras.DateTimeTZRange".split()
)

#: packages of sync drivers whose classes of PEP 249 stand on `error.orig`
OTHER_ERRORS = ("MySQLdb.", "mysql.connector.", "pymysql.", "mariadb.", "cx_Oracle.")

#: async drivername -> where its classes are; aiomysql raises those of PyMySQL, aioodbc those of pyodbc
OTHER_CLASSES: Mapping[str, str] = MappingProxyType(
    {"mysql+aiomysql": "pymysql.err", "mysql+asyncmy": "asyncmy.errors", "oracle+oracledb": "oracledb"}
)

#: attribute of an error of MySQL Connector/Python -> the same for every other driver, of PEP 249 the arguments
MYSQL_ATTRIBUTES: Mapping[str, str] = MappingProxyType({"errno": "args[0]", "msg": "args[1]"})

"""Functions of libraries that connect to the engine which they are given, and have done so when they return.

What keeps an engine, or asks for its name only, is no such function. Source: pandas 3.1.1, pandas/io/sql.py: each
enters `pandasSQL_builder(con)`, which calls `con.connect()` where it is given an engine.
"""

from __future__ import annotations

ENGINE_RUNNERS = frozenset({"pandas.read_sql", "pandas.read_sql_query", "pandas.read_sql_table"})

#: the argument with which they give an iterator, which reads later
IN_PARTS = "chunksize"

"""Libraries whose objects have sessions, queries, commits or cursors of their own, and never one of SQLAlchemy's.

What they give stays as it is, and calls on it need no report. Sources: the API reference of each.
"""

from __future__ import annotations

#: HTTP clients; cloud services; document, key-value, graph and search databases; other SQL layers and drivers;
#: data frames; version control, directories, queues, mail and files
FOREIGN = frozenset(
    "requests httpx urllib3 aiohttp niquests curl_cffi requests_html requests_oauthlib requests_cache authlib "
    "boto3 botocore aioboto3 aiobotocore azure stripe twilio openai anthropic langchain "
    "pymongo motor mongoengine beanie bson gridfs redis aioredis valkey memcache pymemcache neo4j py2neo cassandra "
    "elasticsearch elasticsearch_dsl opensearchpy meilisearch whoosh tinydb pysolr couchdb influxdb influxdb_client "
    "clickhouse_driver clickhouse_connect duckdb chromadb qdrant_client weaviate pinecone arango "
    "sqlite3 psycopg psycopg2 pg8000 asyncpg aiosqlite MySQLdb pymysql mysql aiomysql oracledb cx_Oracle pyodbc "
    "pymssql snowflake django peewee pony tortoise databases ormar gino dataset "
    "pandas polars numpy dask pyspark pyarrow xarray networkx "
    "git pygit2 dulwich ldap ldap3 pika kombu kafka confluent_kafka nats paho zmq "
    "smtplib imaplib ftplib paramiko fabric docker kubernetes selenium playwright bs4 lxml fitz "
    "threading multiprocessing subprocess logging shelve dbm tempfile zipfile tarfile pathlib io json csv re".split()
)


def foreign_root(name: str) -> str:
    """The library of this table that a canonical name belongs to, or an empty string."""
    root = name.partition(".")[0]
    return root if root in FOREIGN else ""

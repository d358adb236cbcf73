"""Classes of libraries that work with the engine which they are given as long as they live, and only with a sync one.

Sources: casbin_sqlalchemy_adapter 1.4.0, `Adapter.__init__`, which creates its tables on the engine and binds a
`sessionmaker` to it; APScheduler 3.11.3, `SQLAlchemyJobStore.start`, which enters `engine.begin()`.
"""

from __future__ import annotations

ENGINE_KEEPERS = frozenset(
    {
        "casbin_sqlalchemy_adapter.Adapter",
        "casbin_sqlalchemy_adapter.adapter.Adapter",
        "apscheduler.jobstores.sqlalchemy.SQLAlchemyJobStore",
    }
)

"""factory_boy: classes that make instances through a session. Source: factory_boy 3.3 reference, "SQLAlchemy"."""

from __future__ import annotations

FACTORY = "factory.alchemy.SQLAlchemyModelFactory"

#: class methods that make one instance, and those that make a list
ONE = frozenset({"create", "build", "stub", "_create", "_build"})
MANY = frozenset({"create_batch", "build_batch"})
#: of these, the ones that add to the session
CREATES = frozenset({"create", "create_batch", "_create"})

#: the option that says what is done with the session, and its values that commit
PERSISTENCE = "sqlalchemy_session_persistence"
COMMITS = frozenset({"commit", "SESSION_PERSISTENCE_COMMIT"})

#: options in `class Meta` with which making an instance sends SQL
SENDS = frozenset({PERSISTENCE, "sqlalchemy_get_or_create", "force_flush"})

#: the option that holds the session
SESSION_OPTION = "sqlalchemy_session"

"""asyncify: a codemod that makes a synchronous FastAPI + SQLAlchemy repository async."""

__version__ = "0.1.0"

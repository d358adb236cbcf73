"""Which statements of a running app nobody asked for. It runs inside the app: SQLAlchemy is all it imports."""

"""Legacy queries put together by chance, beside what the tool makes of them, on every SQLAlchemy and database."""

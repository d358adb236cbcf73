"""Apps put together by chance, migrated and compared with what they were: see `__main__.py`."""

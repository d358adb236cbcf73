"""Where instances may be expired when they are read: `rollback()`, `expire()`, SQL expressions that were assigned."""

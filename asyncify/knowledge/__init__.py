"""What is known about libraries, as tables. Each row names its source; nothing here has control flow."""

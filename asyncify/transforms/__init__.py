"""The transforms: each decides on a program and returns edits as values."""

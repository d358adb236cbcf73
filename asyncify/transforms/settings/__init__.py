"""Settings: dependency files, files of environment variables, and URLs that are only known at run time.

`transform.SETTINGS` is the transform; the other modules are its parts, each usable alone.
"""

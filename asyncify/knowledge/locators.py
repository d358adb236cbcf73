"""Containers of libraries that give an instance of the class that they are asked for.

Sources: the documentation of inject 5, injector 0.22, punq 0.7, lagom 2, svcs 25, kink 0.8.
"""

from __future__ import annotations

#: functions and methods whose first argument is the class
LOCATING = frozenset(
    {
        "inject.instance",
        "inject.attr",
        "injector.Injector.get",
        "punq.Container.resolve",
        "lagom.Container.resolve",
        "svcs.Container.get",
    }
)

#: objects and classes whose instances have the class in their index
INDEXED = frozenset({"kink.di", "lagom.Container"})

"""SQLAlchemy 1.4, 2.0 and 2.1 side by side: a script can be run under each of them."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from filelock import FileLock

DRIVERS = ("greenlet", "psycopg2-binary", "asyncpg")

#: version -> what is installed for it. 1.4 makes a daemon of the thread that an aiosqlite connection was before 0.22.
REQUIREMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "1.4": ("sqlalchemy==1.4.*", "aiosqlite<0.22", *DRIVERS),
        "2.0": ("sqlalchemy==2.0.*", "aiosqlite", "psycopg[binary]", "pg8000", *DRIVERS),
        "2.1": ("sqlalchemy==2.1.*", "aiosqlite", "psycopg[binary]", "pg8000", *DRIVERS),
    }
)

#: those that this interpreter can have: 2.1 needs Python 3.11
VERSIONS = tuple(v for v in REQUIREMENTS if v != "2.1" or sys.version_info >= (3, 11))


@dataclass(frozen=True)
class Installed:
    """One version. folder: where its packages are; they go before those of the interpreter."""

    version: str
    folder: Path

    def run(self, script: Path, given: object) -> Any:
        """Run a script of this interpreter with this version: JSON goes to its standard input and comes back.

        Raises AssertionError with what the script wrote when it fails.
        """
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script)],
            input=json.dumps(given),
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script.name} with SQLAlchemy {self.version}: {done.stderr}"
        return json.loads(done.stdout)


def installed(version: str) -> Installed:
    """Install a version where it is not yet: once per machine and user, whatever process comes first.

    Raises AssertionError with what pip says when it can't be installed.
    """
    wanted = REQUIREMENTS[version]
    key = hashlib.sha256("\n".join((sys.version, *wanted)).encode()).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / f"sqlalchemy-versions-of-{getpass.getuser()}"
    home.mkdir(mode=0o700, exist_ok=True)
    folder = home / f"{version}-{key}"
    with FileLock(home / f"{version}-{key}.lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=home) as unfinished:
                target = Path(unfinished) / "packages"
                command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), *wanted]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
                target.rename(folder)
    return Installed(version, folder)

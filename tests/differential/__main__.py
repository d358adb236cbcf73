# ruff: noqa: T201 - a command that prints
"""More of them, from the root of the repository: `PYTHONPATH=.:tests python -m differential SEED NUMBER`.

Prints what is different on SQLite under each SQLAlchemy, and what became of the queries.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from sqlalchemy_versions import VERSIONS, installed

from .comparison import differences, refused
from .conversion import convert
from .generation import drawn, module

RUNNER = Path(__file__).with_name("runner.py")


def main(start: int, number: int) -> int:
    """The number of cases with differences."""
    cases, different = drawn(number, start), set[str]()
    made = {version: convert(module(cases), version) for version in VERSIONS}
    for version, forms in made.items():
        print(version, dict(Counter(fate.value for fate in forms.fates.values())))
        with tempfile.TemporaryDirectory() as folder:
            urls = {"sync": f"sqlite:///{folder}/app.db", "async": f"sqlite+aiosqlite:///{folder}/app.db"}
            given = {**urls, "names": list(forms.fates), "forms": forms.files}
            found = installed(version).run(RUNNER, given)
        print(version, "refused by SQLAlchemy itself:", sum(map(refused, found["legacy"].values())))
        for case, (name, fate) in zip(enumerate(cases), forms.fates.items(), strict=True):
            told = list(differences(case[1].source(case[0]), fate, {form: found[form][name] for form in found}))
            if told:
                different.add(name)
                print("\n".join([f"--- {version} {name}", forms.texts[name], *told]))
    return len(different)


if __name__ == "__main__":
    raise SystemExit(1 if main(*map(int, sys.argv[1:])) else 0)

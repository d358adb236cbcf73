"""A code base to measure: the mix of a real FastAPI repository, made from templates, the same for the same size.

Half of it has to do with the database (models, CRUD classes over a generic base, services that call each other over
modules, routes, tests); the other half has not (schemas, clients of other services, calculations, formats, settings,
tests of those), as in the repositories that such a tool meets.
"""

from __future__ import annotations

import random
from pathlib import Path
from string import Template

#: `shared` once, `domain` once for each word, with the word in the place of NAME
TEMPLATES = Path(__file__).parent / "templates"

WORDS = (
    "account address article asset badge branch bundle campaign carrier catalog channel clinic comment company "
    "contract coupon course customer deal delivery device document driver employee event feature folder garden "
    "grade guest hotel incident invoice item journal label ledger lesson letter license location machine manual "
    "market meeting member message milestone module note notice offer office option order owner parcel partner "
    "patient payment permit person picture plan player policy post product profile project purchase question "
    "queue quote rating recipe record refund region release report request reservation review reward role room "
    "route sample schedule section segment seller sensor service shelf shift ship signal site skill source sprint "
    "station status stock storage store story student subject supplier survey tag task team tenant ticket token "
    "topic tour track trade trip unit vendor venue version visit voucher wallet warehouse widget worker workflow "
    "zone"
).split()


def code_base(lines: int) -> dict[str, bytes]:
    """Files of about so many lines in all: domains, each a set of files that use those of an earlier domain."""
    chance = random.Random(lines)
    files = _texts("shared")
    parts = _texts("domain")
    names: list[str] = []
    count = sum(text.count("\n") for text in files.values())
    while count < lines:
        round_, position = divmod(len(names), len(WORDS))
        word = WORDS[position] + (str(round_) if round_ else "")
        parent = chance.choice(names[-8:]) if names else word
        values = {
            "w": word,
            "C": word.title(),
            "p": parent,
            "P": parent.title(),
            "weight": round(chance.random(), 2),
            "divisor": chance.randint(2, 9),
            "days": chance.randint(20, 90),
            "day": chance.randint(3, 28),
        }
        for path, part in parts.items():
            files[path.replace("NAME", word)] = text = Template(part).substitute(values)
            count += text.count("\n")
        names.append(word)
    files["app/main.py"] = _main(names)
    return {path: text.encode() for path, text in sorted(files.items())}


def _texts(kind: str) -> dict[str, str]:
    """The templates of a kind by the path of what they become."""
    root = TEMPLATES / kind
    return {
        path.relative_to(root).as_posix().removesuffix(".txt"): path.read_text() for path in sorted(root.rglob("*.txt"))
    }


def _main(names: list[str]) -> str:
    imports = "".join(f"from app.api.{name} import router as {name}_router\n" for name in names)
    includes = "".join(f"app.include_router({name}_router)\n" for name in names)
    return f"from fastapi import FastAPI\n\n{imports}\napp = FastAPI()\n{includes}"

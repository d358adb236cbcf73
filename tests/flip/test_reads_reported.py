"""Reads of instances of unknown origin that nothing can be written around: reported, each where it stands."""

from __future__ import annotations

import pytest

from .harness import BASE, migrate
from .reads_app import MODELS
from .test_reads_unknown import UNKNOWN

FORMS = {
    "a loop over map": """
    return [u.name for u in map(UserOut.model_validate, every(db))]
""",
    "a pattern": """
    match one(db, 1):
        case User(posts=[first, *_]):
            return first.title
""",
    "a text": """
    user = one(db, 1)
    return f"{user}"
""",
    "a formatted text": """
    user = one(db, 1)
    return "%s" % user
""",
    "a proxy, which loads when it is looked into": """
    user = one(db, 1)
    return user.post_titles[0]
""",
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_reported(body: str) -> None:
    app = UNKNOWN + '\n\n@app.get("/")\ndef read(db: Session = Depends(get_db)):\n' + body.strip("\n") + "\n"
    migrated = migrate({**BASE, "models.py": MODELS, "main.py": app})
    assert migrated.codes == {"implicit-load"}
    lines = app.splitlines()
    assert all(f.span is not None and lines[f.span.line - 1].startswith("    ") for f in migrated.findings)


def test_not_reported_where_nothing_is_read_later() -> None:
    app = UNKNOWN + '\n\n@app.get("/")\ndef read(db: Session = Depends(get_db)):\n    return "%s" % one(db, 1).id\n'
    assert not migrate({**BASE, "models.py": MODELS, "main.py": app}).findings

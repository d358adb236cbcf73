"""Which databases the texts of a repository name."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.analysis.program import build
from asyncify.model.plan import Workspace

HERE = 'URL = "postgresql://u:p@db/shop"\n'
EXAMPLES = "# DATABASE_URL=mysql+pymysql://u:p@localhost/shop\n ; oracle://h/x\n"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"app.py": HERE, ".env.example": EXAMPLES}, ("postgresql",)),
        ({".env.example": HERE + EXAMPLES, "requirements.txt": "pymysql\n"}, ("postgresql", "mysql", "mariadb")),
        ({"app.py": HERE, ".env": "DATABASE_URL=mysql://h/x  # of production\n"}, ("postgresql", "mysql")),
        ({"app.py": "#\n", ".env.example": "# DATABASE_URL=sqlite:///./app.db\n"}, ("sqlite",)),
        ({"app.py": '{"a": "mssql://h", "b": "mysql://h"}\n'}, ("mysql", "mssql")),
        ({"docker-compose.yml": "URL: mysql://other/x\n", "requirements.txt": "psycopg2\n"}, ("postgresql",)),
        ({"docker-compose.yml": "URL: mysql://db/x\n", "requirements.txt": "fastapi\n"}, ("mysql",)),
        ({"app.py": "#\n", "requirements.txt": "psycopg[binary]>=3.1\n"}, ("postgresql",)),
        ({"app.py": "#\n", "requirements.txt": "oracledb\n"}, ("oracle",)),
    ],
)
def test_urls_in_comments_are_examples_and_services_are_others(files: dict[str, str], found: tuple[str, ...]) -> None:
    program = build(Workspace(Path("/nowhere"), {path: text.encode() for path, text in files.items()}))
    assert program.named_backends == found

"""What `[tool.asyncify]` and comments name is found, and what does not exist is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.analysis.config import Config
from asyncify.analysis.overrides import check_overrides
from asyncify.analysis.program import Program, build
from asyncify.model.errors import UsageError
from asyncify.model.exit_codes import ExitCode
from asyncify.model.plan import Workspace
from tests.cli.conftest import Run, repo, run
from tests.fakes import put

__all__ = ["repo", "run"]  # fixtures

SERVICES = """\
import functools


def get_user():
    def inner():
        return 1

    return inner()


class UserService:
    def get(self):
        return get_user()

    def all(self):
        return []
"""


def program(config: Config = Config(), **files: str) -> Program:  # noqa: B008  # frozen
    texts = {"app/services.py": SERVICES, "app/__init__.py": "", **files}
    return build(Workspace(Path("/nowhere"), {p: t.encode() for p, t in texts.items()}), config)


def kept(source: str) -> list[str]:
    """The functions that the comments of a file keep."""
    found = program(**{"x.py": source})
    check_overrides(found.names, found.config)
    return [f.qualname for f in found.overrides.functions]


@pytest.mark.parametrize("name", ["app.services:get_user", "app/services.py:get_user", "services:get_user"])
def test_a_function_with_what_is_inside(name: str) -> None:
    functions = program(Config(keep_sync=(name,))).overrides.functions
    assert [f.qualname for f in functions] == ["get_user", "get_user.inner"]


def test_a_class_is_its_methods_and_a_pattern_its_files() -> None:
    assert [f.qualname for f in program(Config(keep_sync=("services:UserService",))).overrides.functions] == [
        "UserService.get",
        "UserService.all",
    ]
    found = program(Config(keep_sync=("app/*", "jobs/")), **{"jobs/a.py": "", "b.py": ""}).overrides
    assert sorted(found.files) == ["app/__init__.py", "app/services.py", "jobs/a.py"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def a():  # asyncify: keep-sync\n    pass\n\ndef b(): pass\n", ["a"]),
        ("import x\n# asyncify: keep-sync (why)\n# more\n@x.y\ndef a():\n    pass\n", ["a"]),
        ("import x\n@x.y  # asyncify: keep-sync\n@x.z\ndef a():\n    pass\n", ["a"]),
        ("import x\ndef a(\n    b,\n):  # asyncify:keep-sync\n    pass\n", ["a"]),
        ("import x\ndef a():\n    # asyncify: keep-sync\n    pass\n", ["a"]),
        ("import x\nclass A:\n    # asyncify: keep-sync\n    def a(self): pass\n    def b(self): pass\n", ["A.a"]),
        ("import x\nclass A:  # asyncify: keep-sync\n    def a(self): pass\n    def b(self): pass\n", ["A.a", "A.b"]),
        ('"""Text."""\n# asyncify: keep-sync\n\nimport x\n\ndef a(): pass\n\ndef b(): pass\n', ["a", "b"]),
        ("# asyncify: keep-sync\n\ndef a(): pass\n\ndef b(): pass\n", ["a", "b"]),
        ("# asyncify: keep-sync\ndef a(): pass\n\ndef b(): pass\n", ["a"]),
        ("x = '# asyncify: keep-sync'\n\ndef a(): pass\n", []),
    ],
)
def test_where_a_comment_stands(source: str, names: list[str]) -> None:
    assert kept(source) == names


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n\n# asyncify: keep-sync\n\nx = 2\n", "x.py:3: .* stands at no def or class"),
        ("# asyncify: keep-snyc\nx = 1\n", "x.py:1: .* 'keep-snyc' is not known"),
    ],
)
def test_comments_that_cannot_be_followed(source: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        kept(source)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (Config(keep_sync=("nowhere/",)), "keep-sync .* has 'nowhere/', which matches no Python file"),
        (
            Config(keep_sync=("app.services:get_usr",)),
            "'get_usr' in app/services.py; did you mean get_user",
        ),
        (Config(force_async=("app.servces:get_user",)), "no module 'app.servces' here; did you mean app.services"),
        (Config(force_async=("app.services:UserService",)), "is a class; name its methods"),
        (Config(entry_points=("app.services:get",)), "no function or class 'get' .* did you mean UserService.get"),
        (Config(blocking=("sleep",)), "blocking .* write its module too, as in lib.sleep"),
        (Config(blocking=("app.services:snd",)), "blocking .* no function or class 'snd'"),
        (
            Config(keep_sync=("app/services.py",), force_async=("app.services:get_user",)),
            "app/services.py:4: get_user is kept synchronous .* take one of the two away",
        ),
    ],
)
def test_what_does_not_exist_is_said(config: Config, said: str) -> None:
    found = program(config)
    with pytest.raises(UsageError, match=said):
        check_overrides(found.names, found.config)


def test_several_modules_of_a_name() -> None:
    found = program(Config(keep_sync=("services:get_user",)), **{"other/services.py": SERVICES})
    with pytest.raises(UsageError, match=r"app/services.py or other/services.py; write the path"):
        check_overrides(found.names, found.config)


def test_callables_of_libraries_and_of_the_program() -> None:
    names = ("requests.get", "app.services.get_user", "lib:Client.send", "x:send")
    found = program(
        Config(blocking=names), **{"x.py": "from lib.mail import send\n", "app/requests.py": "def get(): pass\n"}
    )
    check_overrides(found.names, found.config)
    assert {getattr(b, "qualname", b) for b in found.overrides.blocking} == {
        "requests.get",
        "get_user",
        "lib.Client.send",
        "lib.mail.send",
    }


def test_a_command_ends_with_the_sentence(run: Run, repo: Path) -> None:
    put(repo, {"pyproject.toml": '[tool.asyncify]\nforce-async = ["app:wrok"]\n'})
    done = run("diff", repo)
    assert done.code == ExitCode.USAGE
    assert done.err.startswith(
        "asyncify: error: force-async of [tool.asyncify] has 'app:wrok', but there is no function"
    )

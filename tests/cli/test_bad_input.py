"""Bad input gets one clear sentence and the right exit code, and nothing is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asyncify import api
from asyncify.cli import flow
from asyncify.model.exit_codes import ExitCode
from asyncify.rewrite import journal
from tests.cli.conftest import Run, git
from tests.fakes import APP, APP_AFTER, put


@pytest.mark.parametrize("command", [["diff"], ["migrate"], ["run", "query", "--path"], ["steps"]])
@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "does not exist"), ("app.py", "is a file"), ("empty", "has no Python files")],
)
def test_a_folder_that_cannot_be_migrated(
    run: Run, tmp_path: Path, command: list[str], name: str, message: str
) -> None:
    put(tmp_path, {"app.py": APP, "empty/readme.txt": ""})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path / "empty", check=True)
    git(tmp_path / "empty", "add", ".")
    git(tmp_path / "empty", "-c", "user.name=T", "-c", "user.email=t@example.test", "commit", "-qm", "start")
    done = run(*command, tmp_path / name)
    assert done.code == ExitCode.USAGE
    assert done.out == ""
    assert done.err.startswith("asyncify: error: ")
    assert done.err.count("\n") == 1
    assert message in done.err


def test_bytes_that_are_no_text_are_named_and_the_rest_goes_on(run: Run, repo: Path) -> None:
    put(repo, {"latin.py": b"x = '\xe4'\n"})
    done = run("migrate", "--allow-dirty")
    assert done.code == ExitCode.OK
    assert "latin.py  " in done.err
    assert (repo / "latin.py").read_bytes() == b"x = '\xe4'\n"
    assert (repo / "app.py").read_text() == APP_AFTER


def test_a_read_only_file_stops_everything(run: Run, repo: Path) -> None:
    (repo / "requirements.txt").chmod(0o444)
    done = run("migrate", "--allow-dirty")
    assert done.code == ExitCode.USAGE
    assert "requirements.txt is read-only" in done.err
    assert (repo / "app.py").read_text() == APP


def test_a_patch_file_that_cannot_be_written(run: Run, repo: Path) -> None:
    done = run("diff", "--patch", "no/such/folder/x.patch")
    assert done.code == ExitCode.USAGE
    assert "no/such/folder/x.patch cannot be written" in done.err


def test_a_bad_configuration(run: Run, repo: Path) -> None:
    put(repo, {"pyproject.toml": "[tool.asyncify]\nexclud = []\n"})
    done = run("diff")
    assert done.code == ExitCode.USAGE
    assert "unknown key 'exclud'" in done.err


def test_an_unknown_option_or_command(run: Run, repo: Path) -> None:
    assert run("diff", "--lst").code == ExitCode.USAGE
    assert run("migrat").code == ExitCode.USAGE


def test_an_unknown_demo_app(run: Run) -> None:
    done = run("demo", "--app", "shop")
    assert done.code == ExitCode.USAGE
    assert done.err == "asyncify: error: there is no demo app 'shop'; there are shop_api and bookclub_site\n"


def interrupted(repo: Path) -> None:
    """A write that was killed between its first and its second file."""
    result = api.migrate(repo)
    real = Path.replace
    with pytest.MonkeyPatch.context() as patch:

        def replace(source: Path, target: Path) -> Path:
            if Path(target).name == "notes.txt":
                raise SystemExit("killed")
            return real(source, target)

        patch.setattr(Path, "replace", replace)
        with pytest.raises(SystemExit):
            api.write(result)
    assert journal.load(repo, "pending") is not None


def test_an_interrupted_run_is_finished_by_the_next_or_undone(run: Run, repo: Path) -> None:
    interrupted(repo)
    done = run("diff")
    assert done.code == ExitCode.USAGE
    assert "an earlier run was interrupted" in done.err
    done = run("migrate", "--allow-dirty")
    assert "Finished an earlier run" in done.err
    assert "Nothing to change." in done.err
    assert (repo / "notes.txt").read_text() == "migrated\n"


def test_an_interrupted_run_can_be_undone(run: Run, repo: Path) -> None:
    interrupted(repo)
    assert run("undo").code == ExitCode.OK
    assert git(repo, "status", "--porcelain") == ""


def test_an_interrupt_is_130(run: Run, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(question: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(flow, "is_interactive", lambda: True)
    monkeypatch.setattr(flow, "confirm", interrupt)
    assert run("migrate").code == ExitCode.INTERRUPTED
    assert (repo / "app.py").read_text() == APP


def test_a_fault_of_ours_is_one_sentence_with_a_traceback_in_a_file(
    run: Run, repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(flow.api, "migrate", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = run("diff")
    assert done.code == ExitCode.FAILED
    assert done.err.startswith("asyncify: error: unexpected RuntimeError: two lines; the traceback is in ")
    assert done.err.count("\n") == 1
    assert "raise RuntimeError" in Path(done.err.split()[-1]).read_text()


def test_a_reader_that_leaves_early_is_no_traceback(repo: Path) -> None:
    put(repo, {"app.py": "x = 1\n" * 50_000})
    command = f"{sys.executable} -m asyncify diff --list-excluded . | head -c 1; exit ${{PIPESTATUS[0]}}"
    put(repo, {f"{n}.png": "" for n in range(3000)})
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["bash", "-c", command], cwd=repo, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr


def test_the_module_runs_as_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "asyncify", "--version"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("asyncify ")


def test_names_that_a_terminal_cannot_show(repo: Path) -> None:
    put(repo, {"größe.png": ""})
    (repo / os.fsdecode(b"\xff.png")).touch()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "asyncify", "diff", "--list-excluded"]
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "gr\\xf6\\xdfe.png: not a kind of file that is read",
        "\\udcff.png: not a kind of file that is read",
    ]


def test_a_git_that_does_not_answer_is_quoted(run: Run, repo: Path) -> None:
    put(repo, {".git/config": "[core\n"})
    done = run("migrate")
    assert done.code == ExitCode.USAGE
    assert "git does not answer for . (fatal: bad config line 1" in done.err
    assert (repo / "app.py").read_text() == APP


def test_a_commit_that_git_refuses_says_what_is_written(run: Run, repo: Path) -> None:
    hook = repo / ".git/hooks/pre-commit"
    put(repo, {".git/hooks/pre-commit": "#!/bin/sh\necho no lint >&2\nexit 1\n"})
    hook.chmod(0o755)
    done = run("migrate", "--commit")
    assert done.code == ExitCode.FAILED
    assert "git commit failed (no lint); the files of this step are written, but not committed" in done.err
    assert git(repo, "log", "--format=%s").splitlines() == ["start"]

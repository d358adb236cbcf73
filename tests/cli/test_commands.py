"""What each command prints, writes and returns."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from asyncify.cli import flow
from asyncify.model.exit_codes import ExitCode
from tests.cli.conftest import Run, git
from tests.fakes import APP, APP_AFTER, put


def app(root: Path) -> str:
    return (root / "app.py").read_text()


class TestDiff:
    def test_prints_a_patch_that_git_applies_and_writes_nothing(self, run: Run, repo: Path) -> None:
        done = run("diff")
        assert done.code == ExitCode.CHANGES
        assert git(repo, "status", "--porcelain") == ""
        subprocess.run(["git", "apply"], cwd=repo, input=done.out, text=True, check=True)
        assert app(repo) == APP_AFTER
        assert (repo / "requirements.txt").read_text() == "asyncdriver>=1\n"
        assert (repo / "notes.txt").read_text() == "migrated\n"

    def test_the_summary_is_on_stderr(self, run: Run, repo: Path) -> None:
        done = run("diff", repo)
        assert "3 files (1 new), 5 edits, 1 function made async, 0 places left." in done.err

    def test_nothing_to_change(self, run: Run, repo: Path) -> None:
        put(repo, {"app.py": "x = 1\n", "requirements.txt": ""})
        done = run("diff")
        assert (done.code, done.out, done.err) == (ExitCode.OK, "", "Nothing to change.\n")

    def test_the_patch_goes_to_a_file(self, run: Run, repo: Path, tmp_path: Path) -> None:
        done = run("diff", "--patch", tmp_path / "x.patch")
        assert done.code == ExitCode.CHANGES
        assert done.out == ""
        git(repo, "apply", str(tmp_path / "x.patch"))
        assert app(repo) == APP_AFTER

    def test_json_has_a_long_name_too(self, run: Run, repo: Path) -> None:
        short, long = (json.loads(run("diff", *words).out) for words in (["--json"], ["--output-format", "json"]))
        assert short["patch"] == long["patch"] != ""
        assert run("diff", "--output-format", "text").out == short["patch"]
        assert run("diff", "--output-format", "xml").code == ExitCode.USAGE

    def test_json_is_the_whole_of_stdout(self, run: Run, repo: Path) -> None:
        value = json.loads(run("diff", "--json").out)
        assert value["changed"] == ["app.py", "notes.txt", "requirements.txt"]
        assert value["written"] is False

    def test_excluded_files_are_not_touched_and_can_be_listed(self, run: Run, repo: Path) -> None:
        put(repo, {"old/app.py": APP, "logo.png": "x"})
        done = run("diff", "--exclude", "old/", "--list-excluded")
        assert done.code == ExitCode.OK
        assert done.out.splitlines() == [
            "logo.png: not a kind of file that is read",
            "old/: excluded by a pattern that was given",
        ]
        listed = json.loads(run("diff", "--list-excluded", "--json").out)
        assert {"path": "logo.png", "reason": "not a kind of file that is read"} in listed
        assert "old/app.py" not in json.loads(run("diff", "--json", "--exclude", "old/").out)["changed"]

    def test_the_configuration_excludes_too(self, run: Run, repo: Path) -> None:
        put(repo, {"pyproject.toml": '[tool.asyncify]\nexclude = ["app.py"]\n', "b.py": ""})
        assert json.loads(run("diff", "--json").out)["changed"] == ["notes.txt", "requirements.txt"]


class TestMigrate:
    def test_writes_in_place_and_a_second_run_changes_nothing(self, run: Run, repo: Path) -> None:
        done = run("migrate")
        assert done.code == ExitCode.OK
        assert done.out == ""
        assert "Wrote 3 files" in done.err
        assert app(repo) == APP_AFTER
        assert sorted(git(repo, "status", "--porcelain").split()) == sorted(
            ["M", "app.py", "M", "requirements.txt", "??", "notes.txt"]
        )
        again = run("migrate", "--allow-dirty")
        assert (again.code, again.err) == (ExitCode.OK, "Nothing to change.\n")

    def test_a_dry_run_is_the_diff(self, run: Run, repo: Path) -> None:
        assert run("migrate", "--dry-run") == run("diff")
        assert app(repo) == APP

    @pytest.mark.parametrize("name", ["app.py", "new.py"])
    def test_a_dirty_tree_is_refused_unless_allowed(self, run: Run, repo: Path, name: str) -> None:
        put(repo, {name: APP + "\n"})
        done = run("migrate")
        assert done.code == ExitCode.USAGE
        assert f"has changes that are not committed ({name})" in done.err
        assert app(repo) in (APP, APP + "\n")
        assert run("migrate", "--allow-dirty").code == ExitCode.OK
        assert app(repo).strip() == APP_AFTER.strip()

    def test_no_git_is_refused_unless_allowed(self, run: Run, tmp_path: Path) -> None:
        put(tmp_path / "plain", {"app.py": APP})
        done = run("migrate", tmp_path / "plain")
        assert done.code == ExitCode.USAGE
        assert "is not in a git work tree" in done.err
        assert app(tmp_path / "plain") == APP
        assert run("migrate", tmp_path / "plain", "--allow-dirty").code == ExitCode.OK
        assert app(tmp_path / "plain") == APP_AFTER

    def test_changes_beside_the_folder_do_not_matter(self, run: Run, repo: Path) -> None:
        put(repo, {"backend/b.py": APP})
        git(repo, "add", ".")
        git(repo, "commit", "-qm", "more")
        put(repo, {"app.py": "changed = 1\n"})
        assert run("migrate", "backend").code == ExitCode.OK
        assert (repo / "backend/b.py").read_text() == APP_AFTER

    def test_leftovers_are_listed_and_matter_only_when_strict(self, run: Run, repo: Path) -> None:
        put(repo, {"l.py": "f = lambda: 0\n", "broken.py": "def (:\n"})
        git(repo, "add", ".")
        git(repo, "commit", "-qm", "more")
        done = run("migrate", "--strict")
        assert done.code == ExitCode.CHANGES
        assert "l.py:1  a lambda [red]here[/red]" in done.err
        assert "broken.py  line 1: " in done.err
        assert app(repo) == APP_AFTER
        git(repo, "commit", "-qam", "migrated")
        assert run("migrate", "--allow-dirty").code == ExitCode.OK

    @pytest.mark.parametrize(("answer", "written"), [(True, True), (False, False)])
    def test_a_person_is_asked(
        self, run: Run, repo: Path, monkeypatch: pytest.MonkeyPatch, answer: bool, written: bool
    ) -> None:
        asked = []

        def confirm(question: str) -> bool:
            asked.append(question)
            return answer

        monkeypatch.setattr(flow, "is_interactive", lambda: True)
        monkeypatch.setattr(flow, "confirm", confirm)
        assert run("migrate").code == ExitCode.OK
        assert asked == ["Write 3 files?"]
        assert app(repo) == (APP_AFTER if written else APP)

    def test_yes_answers_for_the_person(self, run: Run, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flow, "is_interactive", lambda: True)
        assert run("migrate", "--yes").code == ExitCode.OK
        assert app(repo) == APP_AFTER

    def test_one_commit_for_each_step(self, run: Run, repo: Path) -> None:
        assert run("migrate", "--commit").code == ExitCode.OK
        assert git(repo, "log", "--format=%s").splitlines() == [
            "asyncify: settings",
            "asyncify: flip",
            "asyncify: query",
            "start",
        ]
        assert "notes.txt" in git(repo, "show", "--name-only", "--format=", "HEAD")
        assert git(repo, "status", "--porcelain") == ""
        assert app(repo) == APP_AFTER

    def test_json_says_that_it_is_written(self, run: Run, repo: Path) -> None:
        assert json.loads(run("migrate", "--json").out)["written"] is True


class TestRun:
    def test_a_transform_alone(self, run: Run, repo: Path) -> None:
        done = run("run", "rename")
        assert done.code == ExitCode.OK
        assert app(repo) == APP.replace("legacy", "modern")
        assert "Note" not in done.err

    def test_a_part_of_a_step_says_that_it_is_one(self, run: Run, repo: Path) -> None:
        done = run("run", "calls", "--dry-run")
        assert done.code == ExitCode.CHANGES
        assert "calls is only a part of the step flip" in done.err
        assert app(repo) == APP

    def test_the_last_word_may_be_the_folder(self, run: Run, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(repo.parent)
        assert run("run", "query", "flip", "repo").code == ExitCode.OK
        assert app(repo) == APP_AFTER
        assert (repo / "requirements.txt").read_text() == "syncdriver>=1\n"

    def test_a_known_name_is_never_a_folder(self, run: Run, repo: Path) -> None:
        put(repo, {"flip/app.py": APP, "flip/requirements.txt": ""})
        assert run("run", "query", "flip", "--dry-run").out.count("diff --git a/flip/app.py") == 1
        assert "a/app.py" in run("run", "query", "./flip", "--dry-run").out
        assert "flip" not in run("run", "query", "--path", "flip", "--dry-run").out

    def test_an_unknown_name_gets_those_that_are_near(self, run: Run, repo: Path) -> None:
        done = run("run", "setings")
        assert done.code == ExitCode.USAGE
        assert done.err == "asyncify: error: there is no step or transform 'setings'; did you mean settings?\n"
        assert "did you mean rename" in run("explain", "renam").err


class TestOthers:
    def test_steps_counts_what_is_left_to_do(self, run: Run, repo: Path) -> None:
        done = run("steps")
        rows = {line.split()[0]: line.split()[-3:] for line in done.out.splitlines()}
        assert done.code == ExitCode.OK
        assert rows["query"] == ["1", "1", "-"]
        assert rows["flip"] == ["1", "2", "-"]
        assert rows["settings"] == ["2", "2", "-"]
        assert app(repo) == APP

    def test_explain_shows_the_examples(self, run: Run) -> None:
        out = run("explain", "rename").out
        assert "Renames `legacy` to `modern`." in out
        assert "-y = x.legacy\n+y = x.modern\n z: Optional[str]\n" in out
        assert " f = lambda: 0\nstays as it is\nreported: a-lambda\n" in out

    def test_explain_a_step_explains_its_transforms(self, run: Run) -> None:
        out = run("explain", "flip").out
        assert "Makes `work` async." in out and "Awaits calls of `work`." in out

    def test_undo_takes_back_the_last_run(self, run: Run, repo: Path) -> None:
        run("migrate")
        done = run("undo")
        assert (done.code, done.err) == (ExitCode.OK, "3 files as before the run.\n")
        assert git(repo, "status", "--porcelain") == ""
        assert app(repo) == APP

    def test_undo_without_a_run(self, run: Run, repo: Path) -> None:
        done = run("undo")
        assert done.code == ExitCode.USAGE
        assert "there is no run to undo" in done.err

    def test_version(self, run: Run) -> None:
        done = run("--version")
        assert done.code == ExitCode.OK
        assert done.out.startswith("asyncify 0.")

    def test_help_names_every_command(self, run: Run) -> None:
        out = run("--help").out
        for name in ("diff", "migrate", "run", "steps", "explain", "undo", "demo"):
            assert f" {name} " in out

"""Steps one after another, each on the program that the one before has left. All in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain
from typing import Protocol

from asyncify.analysis.config import Config
from asyncify.analysis.evidence import relocated
from asyncify.analysis.kept_list import kept_sync_places
from asyncify.analysis.memory import collector_paused
from asyncify.analysis.overrides import check_overrides
from asyncify.analysis.program import Program, build
from asyncify.model.errors import UsageError
from asyncify.model.evidence import NO_EVIDENCE, Evidence
from asyncify.model.plan import Plan, Rewritten, RunResult, Skipped, StepResult, Workspace, content_hash
from asyncify.model.tally import tallies
from asyncify.rewrite.apply import apply_plan
from asyncify.transforms import registry
from asyncify.transforms.base import Transform
from asyncify.transforms.eager.unplaced import unplaced_reads
from asyncify.transforms.kept import leave_kept


@dataclass(frozen=True)
class Stage:
    """Transforms that decide on the same program and are applied together: a step, or a part of one."""

    name: str
    transforms: tuple[Transform, ...]


class Progress(Protocol):
    """Is told what goes on; a progress bar, or nothing."""

    def begin(self, stages: Sequence[str]) -> None:
        """The names of the stages to come."""

    def working(self, stage: str, what: str) -> None:
        """What a stage is doing now, in a few words."""

    def done(self, result: StepResult) -> None:
        """A stage is complete."""


class Silence:
    """Progress that nobody watches."""

    def begin(self, stages: Sequence[str]) -> None:
        pass

    def working(self, stage: str, what: str) -> None:
        pass

    def done(self, result: StepResult) -> None:
        pass


def stages(names: Sequence[str] = ()) -> tuple[Stage, ...]:
    """The stages that some names mean, in the order of the migration; no names mean all of it.

    names: of steps (all of their transforms) and of transforms.
    Raises `UsageError` for a name that is neither, with those that are near.
    """
    known = known_names()
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"there is no step or transform {name!r}; {hint}")
    chosen = [t for t in registry.TRANSFORMS if not names or t.name in names or t.step in names]
    parts = ((step, tuple(t for t in chosen if t.step == step)) for step in registry.STEPS)
    return tuple(Stage(step, part) for step, part in parts if part)


def known_names() -> tuple[str, ...]:
    """Every name of a step or transform, each once; some steps are named as their only transform."""
    return tuple(dict.fromkeys([*registry.STEPS, *(t.name for t in registry.TRANSFORMS)]))


def is_partial(stage: Stage) -> bool:
    """Whether a stage is less than the whole of its step, so that its result may not run."""
    return len(stage.transforms) < sum(t.step == stage.name for t in registry.TRANSFORMS)


def run_steps(
    workspace: Workspace,
    wanted: Sequence[Stage],
    config: Config | None = None,
    progress: Progress | None = None,
    evidence: Evidence = NO_EVIDENCE,
) -> RunResult:
    """Run stages one after another in memory; nothing is written.

    evidence: of a recorded run of the tests of this workspace.
    An edit that cannot be made is left out with every edit that belongs with it, and listed in the results.
    Raises `UsageError` where the configuration or a comment names what does not exist.
    """
    watcher = progress or Silence()
    watcher.begin([stage.name for stage in wanted])
    results: list[StepResult] = []
    program: Program | None = None
    now = workspace
    for stage in wanted:
        start = time.perf_counter()
        with collector_paused():
            watcher.working(stage.name, "reading the program")
            program = build(now, config, program, unplaced_reads, relocated(evidence, workspace.files, now.files))
            if not results:
                check_overrides(program.names, program.config)
            result = _run_stage(program, stage, watcher, start)
            if not results:
                result = replace(result, kept=kept_sync_places(program))
        results.append(result)
        watcher.done(result)
        now = result.workspace
    return RunResult(workspace, tuple(results))


def decide(program: Program, stage: Stage, progress: Progress | None = None) -> Plan:
    """Everything that the transforms of a stage want done to a program.

    Raises `RuntimeError` with the name of a transform that has a fault: a step without one of its parts would
    leave a program that is half done, so nothing is.
    """
    watcher = progress or Silence()
    decisions = []
    for transform in stage.transforms:
        watcher.working(stage.name, f"deciding {transform.name}")
        try:
            decisions.append(leave_kept(program, transform.plan(program)))
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
            raise RuntimeError(f"the transform {transform.name} failed with {fault}") from error
    edits = tuple(chain.from_iterable(d.edits for d in decisions))
    text_edits = tuple(chain.from_iterable(d.text_edits for d in decisions))
    files = program.workspace.files
    touched = sorted({*(e.path for e in edits), *(e.path for e in text_edits)} & files.keys())
    return Plan(
        stage.name,
        edits,
        text_edits,
        tuple(chain.from_iterable(d.findings for d in decisions)),
        {path: content_hash(files[path]) for path in touched},
        tuple(chain.from_iterable(d.subjects for d in decisions)),
        next((d.comparison for d in decisions if d.comparison is not None), None),
        next((d.budget for d in decisions if d.budget is not None), None),
    )


def _run_stage(program: Program, stage: Stage, progress: Progress, start: float) -> StepResult:
    plan = decide(program, stage, progress)
    progress.working(stage.name, "rewriting")
    after, results = apply_plan(plan, program.workspace, program.reexports())
    unread = tuple(Skipped(path, reason) for path, reason in sorted(program.broken.items()))
    applied = frozenset(edit.group for r in results if isinstance(r, Rewritten) for edit in r.edits)
    counted = tallies(plan.subjects, applied - {""})
    seconds = time.perf_counter() - start
    whole = (*results, *unread)
    found = StepResult(stage.name, after, whole, plan.findings, seconds, tallies=counted)
    return replace(found, comparison=plan.comparison, budget=plan.budget)

"""A few apps by chance answer and write the same after their migration; `__main__.py` tries any number of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from .app import draw
from .verdicts import judge

SEEDS = (1, 2, 7, 10, 63, 1028, 1067, 2031, 2050, 2058)


@pytest.mark.parametrize("seed", SEEDS)
def test_same(seed: int, tmp_path: Path) -> None:
    app = draw(seed)
    verdict = judge(app, tmp_path)
    assert not verdict.differences
    assert verdict.failed < len(app.requests) / 2  # most of them work in the sync app

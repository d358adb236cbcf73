"""Runs of pytest that tests start, in processes of their own."""

from __future__ import annotations

#: Options for all of them. To load the plugins of Faker and Hypothesis, which none of the suites uses, takes two thirds
#: of such a run.
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:faker", "-p", "no:hypothesispytest")

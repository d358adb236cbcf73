"""Examples as they are indented in the code."""

from __future__ import annotations

from textwrap import dedent

from asyncify.transforms.base import Example


def example(
    name: str, before: str | dict[str, str], after: str | dict[str, str] | None, findings: tuple[str, ...] = ()
) -> Example:
    """An example whose sources lose their common indentation and the first line break."""

    def clean(text: str | dict[str, str]) -> str | dict[str, str]:
        if isinstance(text, str):
            return dedent(text).lstrip("\n")
        return {path: dedent(part).lstrip("\n") for path, part in text.items()}

    return Example(name, clean(before), None if after is None else clean(after), findings)

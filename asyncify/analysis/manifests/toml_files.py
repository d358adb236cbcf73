"""pyproject.toml (PEP 621, dependency groups, poetry, pdm, uv, hatch) and Pipfile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.utils import canonicalize_name

from asyncify.analysis.manifests.model import MAIN, Form, Kind, Manifest, Requirement
from asyncify.analysis.manifests.specifiers import pep508, poetry_specifier
from asyncify.analysis.manifests.toml_text import TomlItem, loads, scan


def read_toml(path: str, text: str) -> Manifest:
    """A pyproject.toml or Pipfile. Raises ValueError when it is not TOML."""
    kind = Kind.PIPFILE if path.rpartition("/")[2] == "Pipfile" else Kind.PYPROJECT
    data = loads(text)
    found: list[Requirement] = []
    for item in scan(text):
        group = array_group(item.key)
        if group is not None:
            found.extend(_strings(text, item, group))
        else:
            found.extend(_table_entry(kind, text, item, data))
    return Manifest(path, kind, text, tuple(found), python=_python(data))


def array_group(key: tuple[str, ...]) -> str | None:
    """The group of an array of PEP 508 strings by its full key; None for any other key."""
    match key:
        case ("project", "dependencies"):
            return MAIN
        case ("project", "optional-dependencies", group) | ("dependency-groups", group):
            return group
        case ("tool", "pdm", "dev-dependencies", group):
            return group
        case ("tool", "uv", "dev-dependencies"):
            return "dev"
        case ("tool", "hatch", "envs", group, "dependencies" | "extra-dependencies"):
            return group
        case _:
            return None


def table_group(kind: Kind, table: tuple[str, ...]) -> str | None:
    """The group of a table `name = version` by its full key; None for any other table."""
    if kind is Kind.PIPFILE:
        return {"packages": MAIN, "dev-packages": "dev"}.get(".".join(table))
    match table:
        case ("tool", "poetry", "dependencies"):
            return MAIN
        case ("tool", "poetry", "dev-dependencies"):
            return "dev"
        case ("tool", "poetry", "group", group, "dependencies"):
            return group
        case _:
            return None


def _strings(text: str, item: TomlItem, group: str) -> Iterator[Requirement]:
    for string in item.strings:
        if string.depth == 1 and text[string.start + 1 : string.end - 1] == string.value:  # no escapes
            line = text.count("\n", 0, string.start) + 1
            one = pep508(string.value, Form.STRING, group, string.start + 1, line)
            if one:
                yield one


def _table_entry(kind: Kind, text: str, item: TomlItem, data: Mapping[str, object]) -> Iterator[Requirement]:
    """`name = value` in a table of requirements, or the `version` of a requirement with its own table."""
    line = text.count("\n", 0, item.start) + 1
    group = table_group(kind, item.key[:-1])
    if group is not None and item.key[-1] != "python":
        value = _at(data, item.key)
        yield _requirement(item.key[-1], value, group, Form.ITEM, item, line)
        return
    group = table_group(kind, item.key[:-2])
    if group is not None and item.key[-1] == "version":
        value = _at(data, item.key[:-1])
        yield _requirement(item.key[-2], value, group, Form.TABLE, item, line)


def _requirement(name: str, value: object, group: str, form: Form, item: TomlItem, line: int) -> Requirement:
    version = value.get("version", "") if isinstance(value, dict) else value
    extras = value.get("extras", []) if isinstance(value, dict) else []
    return Requirement(
        canonicalize_name(name),
        tuple(sorted(map(str, extras))),
        poetry_specifier(version) if isinstance(version, str) else "",
        group,
        form,
        item.start,
        item.end,
        line,
    )


def _python(data: Mapping[str, object]) -> str:
    modern = _at(data, ("project", "requires-python"))
    if isinstance(modern, str):
        return modern
    poetry = _at(data, ("tool", "poetry", "dependencies", "python"))
    return poetry_specifier(poetry) if isinstance(poetry, str) else ""


def _at(data: object, key: tuple[str, ...]) -> object:
    for part in key:
        data = data.get(part) if isinstance(data, dict) else None
    return data

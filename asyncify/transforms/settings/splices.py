"""Changes to the text of a manifest that leave every other byte alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from packaging.version import Version

from asyncify.analysis.manifests import Form, Manifest, Requirement
from asyncify.analysis.manifests.toml_text import TomlItem, scan

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS = re.compile(r"\s*\[(?P<inner>[^\]]*)\]")
_TOML_EXTRAS = re.compile(r"\bextras\s*=\s*\[(?P<inner>[^\]]*)\]")
_TOML_VERSION = re.compile(r"\bversion\s*=\s*[\"'](?P<value>[^\"']*)[\"']")
_CONTINUED = re.compile(r"[^\n]*?(?:\\\r?\n[^\n]*?)*(?=\r?\n|$)")
_NOTE = re.compile(r"\r?\n[ \t]+#[^\r\n]*")  # the `# via` lines of pip-compile belong to the line above
_AFTER_STRING = re.compile(r"[\"']\s*,[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")
_LOWEST = re.compile(r">=?\s*(\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)(?![\w.])")


@dataclass(frozen=True)
class Splice:
    """Put `text` in the place of the characters from start to end."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class NewRequirement:
    """A package to add beside `anchor`."""

    anchor: Requirement
    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""

    @property
    def pep508(self) -> str:
        """As PEP 508 says it."""
        return self.name + (f"[{','.join(self.extras)}]" if self.extras else "") + self.specifier

    @property
    def toml(self) -> str:
        """As an item of a poetry or Pipfile table."""
        version = f'"{self.specifier or "*"}"'
        if not self.extras:
            return f"{self.name} = {version}"
        extras = ", ".join(f'"{extra}"' for extra in self.extras)
        return f"{self.name} = {{extras = [{extras}], version = {version}}}"


def apply_splices(text: str, splices: Iterable[Splice]) -> str:
    """The text with all splices applied; those at one place stay in their order."""
    out: list[str] = []
    position = 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        out += [text[position : splice.start], splice.text]
        position = max(position, splice.end)
    return "".join([*out, text[position:]])


def add_extra(manifest: Manifest, requirement: Requirement, extra: str) -> Splice | None:
    """Ask for one more extra of a requirement. None where the form has no room for it."""
    if requirement.form in (Form.LINE, Form.STRING):
        return _extra_of_pep508(manifest.text, requirement, extra)
    if requirement.form is Form.ITEM:
        return _extra_of_item(manifest.text, requirement, extra)
    if requirement.form is Form.TABLE:
        return _extra_of_table(manifest.text, requirement, extra)
    return None  # conda packages have no extras


def raise_bound(manifest: Manifest, requirement: Requirement, lowest: str) -> Splice | None:
    """`>=1.4.25` to `>=2.0`, if that is to be the lowest. None where no version below it is."""
    bound = _LOWEST.search(manifest.text, requirement.start, requirement.end)
    below = bound is not None and Version(bound[1]) < Version(lowest)
    return Splice(bound.start(), bound.end(), f">={lowest}") if bound is not None and below else None


def set_specifier(manifest: Manifest, requirement: Requirement, specifier: str) -> Splice | None:
    """Ask for other versions of a requirement. None where it is not written for one case alone."""
    text = manifest.text
    if requirement.form in (Form.ITEM, Form.TABLE):
        return _version_of_toml(text, requirement, specifier)
    name = _NAME.match(text, requirement.start)
    if name is None:
        return None
    extras = _EXTRAS.match(text, name.end(), requirement.end)
    start = extras.end() if extras else name.end()
    versions = text[start : requirement.end].partition(";")[0].rstrip()
    return Splice(start, start + len(versions), specifier)


def _version_of_toml(text: str, requirement: Requirement, specifier: str) -> Splice | None:
    """`name = "^0.24"`, `name = {version = "^0.24"}`, or the `version` of a table."""
    items = list(scan(text))
    item = next((i for i in items if i.start == requirement.start), None)
    if item is not None and requirement.form is Form.TABLE:
        item = next((i for i in items if i.table == item.table and i.key == (*item.table, "version")), None)
    if item is None:
        return None
    value = text[item.value_start : item.end]
    if value[0] in "\"'":
        return Splice(item.value_start + 1, item.end - 1, specifier)
    found = _TOML_VERSION.search(text, item.value_start, item.end) if value[0] == "{" else None
    return Splice(found.start("value"), found.end("value"), specifier) if found else None


def add_requirement(manifest: Manifest, new: NewRequirement) -> Splice | None:
    """Add a package beside its anchor, written as that is. None where there is no room for it."""
    return _ADD[new.anchor.form](manifest, new)


def _extra_of_pep508(text: str, requirement: Requirement, extra: str) -> Splice | None:
    name = _NAME.match(text, requirement.start)
    if name is None:
        return None
    there = _EXTRAS.match(text, name.end(), requirement.end)
    if there is None:
        return Splice(name.end(), name.end(), f"[{extra}]")
    return _append(there, extra)


def _append(match: re.Match[str], item: str) -> Splice:
    inner = match["inner"]
    comma = ", " if ", " in inner or '"' in item else ","
    separator = comma if inner.strip() and not inner.rstrip().endswith(",") else ""
    end = match.start("inner") + len(inner.rstrip())
    return Splice(end, end, separator + item)


def _extra_of_item(text: str, requirement: Requirement, extra: str) -> Splice | None:
    item = next(i for i in scan(text) if i.start == requirement.start)
    value = text[item.value_start : item.end]
    if value[0] in "\"'":
        return Splice(item.value_start, item.end, f'{{extras = ["{extra}"], version = {value}}}')
    if value[0] != "{":
        return None  # several constraints, one for each platform or Python
    there = _TOML_EXTRAS.search(text, item.value_start, item.end)
    if there:
        return _append(there, f'"{extra}"')
    inside = item.value_start + 1  # `{version...` to `{extras..., version...`, `{ version...` alike
    text_of_extras = f'extras = ["{extra}"],'
    return Splice(inside, inside, " " + text_of_extras if value[1] == " " else text_of_extras + " ")


def _extra_of_table(text: str, requirement: Requirement, extra: str) -> Splice | None:
    items = list(scan(text))
    table = next(i.table for i in items if i.start == requirement.start)
    extras = next((i for i in items if i.table == table and i.key == (*table, "extras")), None)
    if extras is None:
        newline = _newline(text, requirement.start)
        return Splice(requirement.start, requirement.start, f'extras = ["{extra}"]{newline}')
    there = _TOML_EXTRAS.search(text, extras.start, extras.end)
    return _append(there, f'"{extra}"') if there else None


def _add_line(manifest: Manifest, new: NewRequirement) -> Splice | None:
    """A new line with the indentation, or the `- `, of the anchor's line."""
    text, anchor = manifest.text, new.anchor
    prefix = text[text.rfind("\n", 0, anchor.start) + 1 : anchor.start].lstrip("\ufeff")
    if prefix.strip() not in ("", "-"):
        return None
    line = _CONTINUED.match(text, anchor.start)
    end = line.end() if line else anchor.end
    while note := _NOTE.match(text, end):
        end = note.end()
    return Splice(end, end, _newline(text, anchor.start) + prefix + new.pep508)


def _add_conda(manifest: Manifest, new: NewRequirement) -> Splice | None:
    return _add_line(manifest, NewRequirement(new.anchor, new.name, (), new.specifier))


def _add_string(manifest: Manifest, new: NewRequirement) -> Splice | None:
    """A new line below the anchor if that has its line to itself, else in front of it."""
    text, anchor = manifest.text, new.anchor
    opening = anchor.start - 1
    line_start = text.rfind("\n", 0, opening) + 1
    indent, quote = text[line_start:opening], text[opening]
    rest = _AFTER_STRING.match(text, anchor.end)
    if not indent.strip() and rest:
        return Splice(rest.end(), rest.end(), f"{_newline(text, opening)}{indent}{quote}{new.pep508}{quote},")
    gap = " " if indent.strip() else _newline(text, opening) + indent
    return Splice(opening, opening, f"{quote}{new.pep508}{quote},{gap}")


def _add_item(manifest: Manifest, new: NewRequirement) -> Splice | None:
    text = manifest.text
    item = next(i for i in scan(text) if i.start == new.anchor.start)
    return _line_below(text, item, new.toml)


def _add_beside_table(manifest: Manifest, new: NewRequirement) -> Splice | None:
    """The anchor has a table of its own; the new one goes where its group has plain items."""
    plain = [r for r in manifest.requirements if r.group == new.anchor.group and r.form is Form.ITEM]
    if not plain:
        return None
    return _add_item(manifest, NewRequirement(plain[-1], new.name, new.extras, new.specifier))


def _line_below(text: str, item: TomlItem, line: str) -> Splice:
    end = text.find("\n", item.end)
    end = len(text) if end < 0 else end - (text[end - 1] == "\r")
    indent = text[text.rfind("\n", 0, item.start) + 1 : item.start].lstrip("\ufeff")
    return Splice(end, end, _newline(text, item.start) + indent + line)


def _newline(text: str, position: int) -> str:
    """The line end that the file uses at this place, or at its start if the last line has none."""
    end = text.find("\n", position)
    end = text.find("\n") if end < 0 else end
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


_ADD: Mapping[Form, Callable[[Manifest, NewRequirement], Splice | None]] = {
    Form.LINE: _add_line,
    Form.CONDA: _add_conda,
    Form.STRING: _add_string,
    Form.ITEM: _add_item,
    Form.TABLE: _add_beside_table,
}

"""Where the settings of pytest are kept, and how an option is added there without touching anything else."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from asyncify.analysis.manifests.toml_text import TomlItem, loads, scan
from asyncify.knowledge.testing import NO_MATTER

#: file name -> section, in the order in which pytest looks. Source: pytest "Configuration", `locate_config`.
INI_SECTIONS = (("pytest.ini", "pytest"), (".pytest.ini", "pytest"))
TOML_TABLES: tuple[tuple[str, ...], ...] = (("tool", "pytest", "ini_options"), ("tool", "pytest"))
LATER_INI_SECTIONS = (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))

#: what marks the folder of a project
PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "Pipfile", "tox.ini")

_HEADER = re.compile(r"^\[(?P<name>[^\]\n]+)\][ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True)
class ConfigFile:
    """A file with a place for the settings of pytest. section: of an ini file; table: of a TOML file."""

    path: str
    text: str | None
    section: str = ""
    table: tuple[str, ...] = ()

    def with_options(self, options: Mapping[str, str], filters: Sequence[str]) -> str:
        """The text with these options set and these warning filters added last, where they win.

        An option that is there keeps its value, except one that `options` names: that is replaced.
        """
        text = self.text or ""
        editor = _set_toml if self.table else _set_ini
        for key, value in options.items():
            text = editor(self, text, key, value)
        add = _filters_toml if self.table else _filters_ini
        return add(self, text, [f for f in filters if not _is_there(f, text)])

    def get(self, key: str) -> str | None:
        """The value of an option as text; None when it is not set."""
        span = self._span(key)
        if span is None:
            return None
        value = (self.text or "")[slice(*span)]
        return value.strip("\"'") if self.table else value.strip()

    def argument(self, name: str) -> str | None:
        """What `addopts` gives an argument of the command line that is one word; None when it does not name it."""
        found = _argument(name).search(self.get("addopts") or "")
        return None if found is None else found["value"]

    def with_argument(self, name: str, value: str) -> ConfigFile:
        """The same file, where an argument that `addopts` names has another value."""
        span = self._span("addopts")
        if span is None or self.text is None:
            return self
        start, end = span
        changed = _argument(name).sub(lambda found: f"{found['before']}{value}", self.text[start:end])
        return replace(self, text=f"{self.text[:start]}{changed}{self.text[end:]}")

    def _span(self, key: str) -> tuple[int, int] | None:
        """Where the value of an option is in the text."""
        text = self.text or ""
        if self.table:
            item = _item(text, (*self.table, key))
            return None if item is None else (item.value_start, item.end)
        found = _find_ini(self, text, key)
        return None if found is None else found.span("value")


def _argument(name: str) -> re.Pattern[str]:
    """`--name=value`, `--name value`, or both as items of a list."""
    return re.compile(rf"(?P<before>(?<![\w-]){re.escape(name)}(?:=|\s+|[\"']\s*,\s*[\"']))(?P<value>\w+)")


def find_config(files: Mapping[str, bytes], folder: str) -> ConfigFile | None:
    """The file that pytest reads for tests in a folder: the nearest one above that has settings."""
    for base in _upwards(folder):
        for name, section in INI_SECTIONS:
            path = posixpath.join(base, name)
            if path in files:
                return ConfigFile(path, files[path].decode("utf-8", "replace"), section)
        found = _pyproject(files, posixpath.join(base, "pyproject.toml"))
        if found is not None:
            return found
        for name, section in LATER_INI_SECTIONS:
            path = posixpath.join(base, name)
            text = files.get(path, b"").decode("utf-8", "replace")
            if any(m["name"].strip() == section for m in _HEADER.finditer(text)):
                return ConfigFile(path, text, section)
    return None


def new_config(files: Mapping[str, bytes], folder: str) -> ConfigFile:
    """Where settings go that nobody has yet: `pyproject.toml` of the project if there is one, else `pytest.ini`."""
    for base in _upwards(folder):
        path = posixpath.join(base, "pyproject.toml")
        if path in files and _is_toml(files[path]):
            return ConfigFile(path, files[path].decode(), table=TOML_TABLES[0])
        if any(posixpath.join(base, name) in files for name in PROJECT_FILES):
            return ConfigFile(posixpath.join(base, "pytest.ini"), None, "pytest")
    return ConfigFile("pytest.ini", None, "pytest")


def configs(files: Mapping[str, bytes], folder: str) -> list[ConfigFile]:
    """All that pytest may read for tests in a folder: what it finds above these, and what it finds where it is started
    in the project without being told a folder, when the settings stand below that, or when its settings name these
    tests."""
    found = find_config(files, folder)
    if found is None:
        return [new_config(files, folder)]
    own = posixpath.dirname(found.path)
    if not own:
        return [found]
    above = find_config(files, posixpath.dirname(own))
    if any(posixpath.join(own, name) in files for name in PROJECT_FILES):
        return [found, above] if above is not None and _names_tests(above, folder) else [found]
    return [found, above or new_config(files, posixpath.dirname(own))]


def _names_tests(config: ConfigFile, folder: str) -> bool:
    """Whether `testpaths` has a folder, or one around it. Source: pytest "Configuration Options"."""
    base = posixpath.dirname(config.path)
    named = re.findall(r"[^\s\[\],\"']+", config.get("testpaths") or "")
    paths = [posixpath.normpath(posixpath.join(base, path)) for path in named]
    return any(folder == path or folder.startswith(f"{path}/") for path in paths)


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _is_toml(data: bytes) -> bool:
    try:
        loads(data.decode())
    except (ValueError, UnicodeDecodeError):
        return False
    return True


def _pyproject(files: Mapping[str, bytes], path: str) -> ConfigFile | None:
    if path not in files or not _is_toml(files[path]):
        return None
    text = files[path].decode()
    for table in TOML_TABLES:
        current: object = loads(text)
        for part in table:
            current = current.get(part) if isinstance(current, dict) else None
        if isinstance(current, dict) and "ini_options" not in current:
            return ConfigFile(path, text, table=table)
    return None


# ini ------------------------------------------------------------------------------------------------


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _section_span(config: ConfigFile, text: str) -> tuple[int, int] | None:
    """From behind the header to the end of the last line that is not blank."""
    headers = list(_HEADER.finditer(text))
    for index, header in enumerate(headers):
        if header["name"].strip() == config.section:
            end = headers[index + 1].start() if index + 1 < len(headers) else len(text)
            return header.end(), max(header.end(), len(text[:end].rstrip()))
    return None


def _find_ini(config: ConfigFile, text: str, key: str) -> re.Match[str] | None:
    span = _section_span(config, text)
    if span is None:
        return None
    pattern = re.compile(
        rf"^{re.escape(key)}[ \t]*[=:](?P<value>[^\r\n]*(?:\r?\n(?:[ \t]+[^\r\n]*|[ \t]*(?=\r?\n[ \t]+\S)))*)",
        re.MULTILINE,
    )
    return pattern.search(text, span[0], span[1])


def _append_ini(config: ConfigFile, text: str, lines: str) -> str:
    span = _section_span(config, text)
    newline = _newline(text)
    if span is None:
        gap = newline if text.strip() else ""
        return f"{text.rstrip()}{newline if gap else ''}{gap}[{config.section}]{newline}{lines}{newline}"
    end = text.find("\n", span[1])
    end = len(text) if end < 0 else end - (text[end - 1] == "\r")
    rest = text[end:] or newline
    return f"{text[:end]}{newline}{lines}{rest}"


def _set_ini(config: ConfigFile, text: str, key: str, value: str) -> str:
    found = _find_ini(config, text, key)
    if found is None:
        return _append_ini(config, text, f"{key} = {value}")
    return f"{text[: found.start('value')]} {value}{text[found.end('value') :]}"


def _filters_ini(config: ConfigFile, text: str, filters: Sequence[str]) -> str:
    if not filters:
        return text
    newline = _newline(text)
    found = _find_ini(config, text, "filterwarnings")
    if found is None:
        return _append_ini(config, text, newline.join(["filterwarnings =", *(f"    {f}" for f in filters)]))
    value = found["value"]
    first, _, rest = value.partition("\n")
    indent = re.match(r"[ \t]*", rest)[0] if rest.strip() else "    "  # type: ignore[index]
    lines = "".join(f"{newline}{indent}{f}" for f in filters)
    if first.strip():  # the first value stands on the line of the key
        value = f"{newline}{indent}{first.strip()}{newline if rest else ''}{rest}"
    return f"{text[: found.start('value')]}{value.rstrip()}{lines}{text[found.end('value') :]}"


# toml -----------------------------------------------------------------------------------------------


def _item(text: str, key: tuple[str, ...]) -> TomlItem | None:
    return next((i for i in scan(text) if i.key == key), None)


def _append_toml(config: ConfigFile, text: str, line: str) -> str:
    newline = _newline(text)
    items = [i for i in scan(text) if i.table == config.table]
    if items:
        end = text.find("\n", items[-1].end)
        end = len(text) if end < 0 else end - (text[end - 1] == "\r")
        return f"{text[:end]}{newline}{line}{text[end:] or newline}"
    header = re.search(rf"^\[[ \t]*{re.escape('.'.join(config.table))}[ \t]*\][^\n]*$", text, re.MULTILINE)
    if header:
        end = header.end() - header[0].endswith("\r")
        return f"{text[:end]}{newline}{line}{text[end:] or newline}"
    gap = newline if text.strip() else ""
    return f"{text.rstrip()}{gap}{gap}[{'.'.join(config.table)}]{newline}{line}{newline}"


def _set_toml(config: ConfigFile, text: str, key: str, value: str) -> str:
    item = _item(text, (*config.table, key))
    if item is None:
        return _append_toml(config, text, f"{key} = {json.dumps(value)}")
    return f"{text[: item.value_start]}{json.dumps(value)}{text[item.end :]}"


def _is_there(wanted: str, text: str) -> bool:
    """Whether a filter is in a text. One of an earlier run may leave out other functions, as more are async now."""
    part = wanted[: wanted.index(NO_MATTER) + len(NO_MATTER)] if NO_MATTER in wanted else wanted
    return part in text or json.dumps(part)[1:-1] in text


def _filters_toml(config: ConfigFile, text: str, filters: Sequence[str]) -> str:
    if not filters:
        return text
    newline = _newline(text)
    item = _item(text, (*config.table, "filterwarnings"))
    lines = "".join(f"    {json.dumps(f)},{newline}" for f in filters)
    if item is None:
        return _append_toml(config, text, f"filterwarnings = [{newline}{lines}]")
    value = text[item.value_start : item.end]
    if not value.startswith("["):
        new = f"[{newline}    {value},{newline}{lines}]"
        return f"{text[: item.value_start]}{new}{text[item.end :]}"
    if item.strings and "\n" in value:
        last = item.strings[-1].end
        start = text.rfind("\n", 0, item.strings[-1].start) + 1
        indent = re.match(r"[ \t]*", text[start:])[0]  # type: ignore[index]
        rest = text[last : item.end]
        comma = "" if rest.lstrip().startswith(",") else ","
        stop = last + (rest.index(",") + 1 if not comma else 0)
        more = "".join(f"{newline}{indent}{json.dumps(f)}," for f in filters)
        note = re.match(r"[ \t]*#[^\r\n]*", text[stop : item.end])
        stop_after = stop + (note.end() if note else 0)
        return f"{text[:last]}{comma or text[last:stop]}{text[stop:stop_after]}{more}{text[stop_after:]}"
    old = ", ".join(text[s.start : s.end] for s in item.strings)
    first = f"    {old},{newline}" if old else ""
    return f"{text[: item.value_start]}[{newline}{first}{lines}]{text[item.end :]}"

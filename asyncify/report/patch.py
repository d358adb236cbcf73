"""A run as a patch in bytes, exactly what `git apply` takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from asyncify.model.plan import Workspace

NO_NEWLINE = b"\\ No newline at end of file\n"


def patch(before: Workspace, after: Workspace) -> bytes:
    """The files that differ as a unified diff with git's headers; empty when none do."""
    old, new = before.files, after.files
    return b"".join(
        line
        for path in sorted(new)
        if old.get(path) != new[path]
        for line in file_patch(path, old.get(path), new[path])
    )


def file_patch(path: str, before: bytes | None, after: bytes, context: int = 3) -> Iterator[bytes]:
    """The lines of the patch for one file, each with its line end.

    before: None for a file that is new. Lines end at `\\n` alone, as git sees them: `\\r` is part of a line.
    context: how many equal lines to show around a change.
    """
    name = path.encode("utf-8", "surrogateescape")
    a, b = _quoted(b"a/" + name), _quoted(b"b/" + name)
    yield b"diff --git " + a + b" " + b + b"\n"
    if before is None:
        yield b"new file mode 100644\n"
    if not before and not after:
        return
    # a name with a space ends in a tab, or `git apply` takes what follows the space for a date
    a, b = (side + b"\t" * (b" " in side) for side in (a, b))
    old, new = _lines(before or b""), _lines(after)
    source = b"/dev/null" if before is None else a
    for line in difflib.diff_bytes(difflib.unified_diff, old, new, source, b, n=context):
        if line.endswith(b"\n"):
            yield line
        else:
            yield line + b"\n"
            yield NO_NEWLINE


def _lines(content: bytes) -> list[bytes]:
    """Lines with their `\\n`; the last one has none when the file does not end in one."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _quoted(name: bytes) -> bytes:
    """A name as git writes it: in double quotes with escapes where it has quotes or control characters."""
    if not any(byte < 0x20 or byte in b'"\\\x7f' for byte in name):
        return name
    out = b"".join(
        b"\\" + bytes([byte]) if byte in b'"\\' else b"\\%03o" % byte if byte < 0x20 or byte == 0x7F else bytes([byte])
        for byte in name
    )
    return b'"' + out + b'"'

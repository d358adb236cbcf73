"""Text files as bytes: UTF-8 with or without a byte order mark, and UTF-16 with one.

`pip freeze > requirements.txt` in a PowerShell of Windows writes UTF-16, and pip reads it.
Source: pip, `pip._internal.utils.encoding.auto_decode`.
"""

from __future__ import annotations

import codecs

#: files that tell people what to do: nothing that a program runs is read from them
DOCUMENTS = (".md", ".rst")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def is_utf16(data: bytes) -> bool:
    """Whether a file begins with the byte order mark of UTF-16."""
    return data[:2] in _UTF16


def decode_text(data: bytes) -> str:
    """The text of a file without its byte order mark. Raises UnicodeDecodeError."""
    return data[2:].decode(_UTF16[data[:2]]) if is_utf16(data) else data.decode("utf-8-sig")


def encode_text(text: str, like: bytes) -> bytes:
    """New text of a file in the encoding, and with the byte order mark, that the file has."""
    if is_utf16(like):
        return like[:2] + text.encode(_UTF16[like[:2]])
    return (codecs.BOM_UTF8 if like.startswith(codecs.BOM_UTF8) else b"") + text.encode()

"""What lies in the landing folder: which names and kinds of entries are taken, and whether a file is still written to.

A name comes from outside: it must not lead anywhere, draw on a terminal or be a pattern. What a file holds is
``landed_text``'s.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

MOST_NAMES, MOST_CHARACTERS = 30, 60  # of a file's columns, in a message


class FileRefused(ValueError):
    """A file that cannot be loaded as a whole: names the file, what is wrong and the remedy."""


def entries(landing: Path) -> list[Path]:
    """The files of the folder, by name; hidden ones, folders and pipes are none."""
    if not landing.is_dir():
        return []
    found = (p for p in landing.iterdir() if not p.name.startswith("."))
    return sorted(p for p in found if p.is_symlink() or p.is_file())


def folders(landing: Path) -> list[str]:
    """The folders in it, whose files are not read; links are ``entries``."""
    found = landing.iterdir() if landing.is_dir() else ()
    return sorted(shown(p.name) for p in found if p.is_dir() and not p.is_symlink() and not p.name.startswith("."))


def landed_name(path: Path) -> str:
    """The file's name as the ledger knows it: composed, because a Mac writes 가 as ᄀ and ᅡ."""
    return unicodedata.normalize("NFC", path.name)


def shown(name: str) -> str:
    """A name for people and tables: control characters and bytes that are no text are written out."""
    return "".join(c if _is_text(c) else c.encode("unicode_escape").decode() for c in name)


def listed(names: Iterable[str]) -> str:
    """Names from a file for a message: some of them, the start of each."""
    all_names = list(names)
    some = [shown(n[:MOST_CHARACTERS]) + ("…" if len(n) > MOST_CHARACTERS else "") for n in all_names[:MOST_NAMES]]
    return ", ".join(some) + (f" and {len(all_names) - MOST_NAMES:,} more" if len(all_names) > MOST_NAMES else "")


def _is_text(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def require_plain(path: Path) -> None:
    """
    Raises:
        FileRefused: the entry is a link out of the folder or to nothing, or its name holds control characters or
            bytes that are no text.
    """
    if not all(_is_text(c) for c in path.name):
        raise FileRefused(f"{shown(path.name)}: the name holds characters that are no text. Rename the file.")
    if path.is_symlink():
        target = Path(os.path.realpath(path))
        if target.parent != path.parent.resolve():
            raise FileRefused(f"{path.name} is a link to {target}, outside the landing folder. Copy the file here.")
        if not target.is_file():
            raise FileRefused(f"{path.name} is a link to nothing. Remove it, or deliver the file.")


def state(path: Path) -> tuple[int, ...]:
    """Changes when the file does: inode, size in bytes, time of the content and of any change in nanoseconds.

    The last one, because a copy may bring size and time of the content with it.
    """
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def require_unchanged(path: Path, before: tuple[int, ...]) -> None:
    """
    Raises:
        FileRefused: the file is not what it was ``before``.
    """
    if not path.exists() or state(path) != before:
        raise FileRefused(
            f"{path.name} changed while it was being read; nothing of it was taken. It is read with the next refresh: "
            "deliver files under another name (.part) and rename them when they are whole."
        )

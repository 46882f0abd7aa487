"""The folder of a month's lists, ``data/audiences/2021-12``: written beside and put in place whole.

What it held before is kept under ``superseded``, because somebody may have sent it. A month without lists has no
folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_assets.files import digest, digest_of_file

MANIFEST = "manifest.csv"
SUPERSEDED = "superseded"


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside, to be filled; when it is, it takes the place of the one that is there. What fails within leaves
    that one as it was."""
    beside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    yield beside
    if (folder / MANIFEST).exists() and same(folder, beside):
        shutil.rmtree(beside)
        return
    withdraw(folder)
    beside.rename(folder)


def same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files."""
    return _digests(one) == _digests(other)


def withdraw(folder: Path) -> None:
    """Put a month's lists aside, where they are kept by what they hold; nothing where there are none."""
    if not folder.exists():
        return
    held = digest("\n".join(f"{name} {sha256}" for name, sha256 in _digests(folder).items()))
    kept = folder.parent / SUPERSEDED / f"{folder.name}-{held[:12]}"
    if kept.exists():  # the same files were set aside before
        shutil.rmtree(folder)
        return
    kept.parent.mkdir(exist_ok=True)
    folder.rename(kept)


def _digests(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): digest_of_file(p) for p in sorted(folder.rglob("*")) if p.is_file()}

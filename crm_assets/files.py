"""Files: texts that are written whole or not at all (beside, then renamed), and reference data that is read."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

csv.field_size_limit(1 << 26)  # characters; Python's own 131,072 would refuse cells that the engine reads


def digest(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put_in_place(beside: Path, path: Path) -> None:
    """Give a file written beside its own name: after a kill or a loss of power it is the old one or the new one, whole.

    The bytes and the folder are on the disk before this returns, because the ledger will count on them.
    """
    _to_disk(beside)
    beside.replace(path)
    _to_disk(path.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> str:
    """Write a UTF-8 text, or leave what was there; returns the SHA-256 of its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(text.encode("utf-8"))
    put_in_place(beside, path)
    return digest(text)


def write_by_content(folder: Path, stem: str, texts: Mapping[str, str]) -> tuple[Path, str]:
    """Write the parts of one thing as ``<stem>-<digest><suffix>``: a name that never holds anything else.

    Args:
        texts: suffix → text. The first part is the one that a registry names; it is written last, so that a killed
            process leaves files that nobody reads.

    Returns:
        Path of the first part, and the SHA-256 of the texts one after the other.
    """
    sha256 = digest("".join(texts.values()))
    paths = {suffix: folder / f"{stem}-{sha256[:12]}{suffix}" for suffix in texts}
    for suffix, text in reversed(texts.items()):
        write_text(paths[suffix], text)
    return next(iter(paths.values())), sha256


def read_checked(path: Path, sha256: str, *, further: Sequence[str] = (), remedy: str) -> list[str]:
    """The texts of what ``write_by_content`` wrote and a registry names, in the same order.

    Args:
        further: suffixes of the parts beside ``path``.

    Raises:
        FileNotFoundError: one of them is gone.
        ValueError: they are other texts than the registry says.
    """
    paths = [path, *(path.with_suffix(suffix) for suffix in further)]
    if gone := [str(p) for p in paths if not p.exists()]:
        raise FileNotFoundError(f"{gone[0]} is gone, though the registry names it. {remedy}")
    texts = [p.read_text(encoding="utf-8") for p in paths]
    if digest("".join(texts)) != sha256:
        beside = f" and {', '.join(further)} beside it" if further else ""
        raise ValueError(f"{path}{beside}: not what the registry names. {remedy}")
    return texts


def read_yaml(path: Path) -> Any:
    """What a YAML file holds: plain values only. libyaml's reader takes a tenth of the time of Python's own.

    Raises:
        OSError: the file cannot be read.
        yaml.YAMLError: it is no YAML; names the line.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

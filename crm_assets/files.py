"""Files: texts that are written whole or not at all (beside, then renamed), and reference data that is read."""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path
from typing import Any

import yaml

csv.field_size_limit(1 << 26)  # characters; Python's own 131,072 would refuse cells that the engine reads


def digest(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


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


def write_by_content(folder: Path, stem: str, suffix: str, text: str) -> tuple[Path, str]:
    """Write ``<stem>-<digest><suffix>``: a name that never holds another text; returns path and SHA-256."""
    sha256 = digest(text)
    path = folder / f"{stem}-{sha256[:12]}{suffix}"
    write_text(path, text)
    return path, sha256


def read_checked(path: Path, sha256: str) -> str:
    """The text of a file that a registry names.

    Raises:
        FileNotFoundError: it is gone.
        ValueError: it is another text than the registry says.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is gone, though the registry names it. Restore it, or make its month anew.")
    text = path.read_text(encoding="utf-8")
    if digest(text) != sha256:
        raise ValueError(f"{path} is not the text that the registry names. Restore it, or make its month anew.")
    return text


def read_yaml(path: Path) -> Any:
    """What a YAML file holds: plain values only. libyaml's reader takes a tenth of the time of Python's own.

    Raises:
        OSError: the file cannot be read.
        yaml.YAMLError: it is no YAML; names the line.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

"""Files that are written whole or not at all: beside, then renamed."""

from __future__ import annotations

import hashlib
from pathlib import Path


def write_text(path: Path, text: str) -> str:
    """Write a UTF-8 text, or leave what was there; returns the SHA-256 of its bytes."""
    content = text.encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)
    return hashlib.sha256(content).hexdigest()

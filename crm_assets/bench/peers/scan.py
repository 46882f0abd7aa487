"""The limit: every line of the Parquet file read once and grouped by customer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from crm_assets.bench.peers.inputs import Inputs
from crm_assets.bench.stages import SCAN_OF_LINES
from crm_assets.contracts.base import literal


def measured(folder: Path) -> dict[str, Any]:
    lines = f"read_parquet({literal(str(Inputs.read(folder).lines))})"
    customers, rows, *_ = duckdb.execute(SCAN_OF_LINES.format(lines=lines)).fetchall()[0]
    return {"customers": int(customers), "lines": int(rows)}

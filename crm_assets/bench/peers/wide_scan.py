"""The limit for whoever uses every column: each one that RFM and the features are made of, of every line, read once and
grouped by customer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from crm_assets.bench.peers.inputs import Inputs
from crm_assets.contracts.base import literal

SCAN = """select
    customer_id, count(*) as lines, min(month) as first, max(purchased_at) as last, sum(amount) as amount,
    sum(quantity) as quantity, max(receipt_id) as receipt, max(record_type) as record_type, max(channel) as channel,
    max(partner_id) as partner
from read_parquet({lines})
group by customer_id"""


def measured(folder: Path) -> dict[str, Any]:
    lines = literal(str(Inputs.read(folder).lines))
    grouped = duckdb.execute(SCAN.format(lines=lines)).fetchnumpy()
    return {"customers": len(grouped["lines"]), "lines": int(grouped["lines"].sum())}

"""The bare engine on L.POINT's landed files: lines read, cast, each once, and put together as receipts, in memory.

What it leaves out is what a warehouse is for: nothing is checked, nothing put aside, nothing stored, no month can be
made anew. It says what the machine can do, so that seconds of different machines can be compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from crm_assets.bench.sample import OF_LINES
from crm_assets.contracts.base import literal
from crm_assets.settings import Settings

_LINES = """
create table lines as
select distinct
  cust,
  rct_no,
  strptime(de_dt || lpad(de_hr, 2, '0'), '%Y%m%d%H') as purchased_at,
  chnl_dv,
  cop_c,
  br_c,
  pd_c,
  cast(buy_ct as decimal(18, 3)) as quantity,
  cast(buy_am as decimal(18, 2)) as amount,
  file_no
from ({files})
"""
_FILE = "select *, {no} as file_no from read_csv({file}, all_varchar = true, header = true)"
_RECEIPTS = """
create table receipts as
select
  cust, rct_no, file_no,
  min(purchased_at) as purchased_at, min(chnl_dv) as channel, min(cop_c) as partner, min(br_c) as branch,
  count(*) as lines, sum(quantity) as quantity, sum(amount) as amount
from lines
group by cust, rct_no, file_no
"""


def lines_and_receipts(landing: Path) -> dict[str, Any]:
    """Tells how many there are of both."""
    found = [file for name in OF_LINES for file in sorted(landing.glob(f"{name}*.csv"))]
    files = " union all by name ".join(_FILE.format(no=no, file=literal(str(file))) for no, file in enumerate(found))
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = {literal(Settings.read().memory_limit)}")
        connection.execute(_LINES.format(files=files))
        connection.execute(_RECEIPTS)
        counts = connection.execute("select (select count(*) from lines), (select count(*) from receipts)").fetchone()
    lines, receipts = counts or (0, 0)
    return {"lines": int(lines), "receipts": int(receipts)}

"""What every way reads: the lines, the customers and the daily series as Parquet, and the days of the snapshot."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_assets.contracts.base import literal
from crm_assets.contracts.feature_sets import model_columns

if TYPE_CHECKING:
    from crm_assets.bench.bodies import Bodies

TABLES = {"lines": "raw_transactions", "customers": "customers", "signals": "daily_signals"}
RFM = (
    *("recency_days", "recency_from_start_days", "frequency", "visit_days", "monetary"),
    *("r_score", "f_score", "m_score", "rfm_score"),
)
FEATURES = tuple(model_columns())
NEW_CASES, NEW_DEATHS = "new_cases", "new_deaths"
MODES = {  # model column → the receipt's column whose most frequent value it is, the most recent one's in a tie
    "receipt_type_mode": "receipt_type",
    "purchase_month_mode": "month_of_year",
    "purchase_season_mode": "season",
    "weekday_mode": "weekday",
    "purchase_year_mode": "year",
    "purchase_hour_mode": "hour",
    "daypart_mode": "daypart",
    "work_hours_mode": "work_hours",
    "channel_mode": "channel",
    "partner_type_mode": "partner_type",
    "partner_mode": "partner_id",
}


@dataclass(frozen=True)
class Inputs:
    """Three files and four days. ``month`` and ``window_start`` are first days of months."""

    lines: Path
    customers: Path
    signals: Path
    month: date
    as_of: date
    window_start: date
    history_start: date

    @classmethod
    def read(cls, folder: Path) -> Inputs:
        days = {name: date.fromisoformat(day) for name, day in json.loads((folder / "days.json").read_text()).items()}
        return cls(**{name: folder / f"{name}.parquet" for name in TABLES}, **days)


def export(bodies: Bodies, folder: Path) -> dict[str, Any]:
    """Write what the ways read, from a warehouse that holds the lines."""
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = bodies.settings.snapshot(bodies.project.months[-1])
    days = {name: str(getattr(snapshot, name)) for name in ("month", "as_of", "window_start", "history_start")}
    (folder / "days.json").write_text(json.dumps(days))
    with bodies.session() as session:
        for name, table in TABLES.items():
            session.execute(f"copy {table} to {literal(str(folder / f'{name}.parquet'))} (format parquet)")
        return {"lines": int(session.scalar("select count(*) from raw_transactions"))}

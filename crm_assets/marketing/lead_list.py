"""The leads to be called as a file: no campaign with a hold-out, but the list that a sales team works through."""

from __future__ import annotations

import json
from pathlib import Path

from crm_assets.charts import Words
from crm_assets.marketing.audience_rows import plain
from crm_assets.months import Snapshot
from crm_assets.spreadsheet import write_rows
from crm_assets.warehouse import Session

FILE = "leads.csv"
MOST_REASONS = 3


def write_lead_list(session: Session, snapshot: Snapshot, beside: Path, words: Words) -> int:
    """Write the open leads that a sales team can call, ``lead_capacity`` of them, the best first.

    Returns:
        How many they are; without one there is no file.
    """
    found = session.rows(
        """select rank, lead_id, company_id, owner_id, lead_index, created_at, reasons from lead_scores
        where month = :month and within_capacity order by rank""",
        month=snapshot.month,
    )
    heads = [words.text(f"audiences.leads.{name}") for name in words.texts.at("audiences.leads")]
    rows = ([*(plain(cell) for cell in row[:-1]), _reasons(row[-1])] for row in found)
    return write_rows(beside / FILE, heads, rows) if found else 0


def _reasons(told: str | None) -> str:
    """What weighed most for it, as the model's own columns say."""
    top = json.loads(told)["top"] if told else []
    speaking = [reason for reason in top if reason["contribution"] > 0][:MOST_REASONS]
    return " · ".join(f"{reason['column']}: {reason['value']}" for reason in speaking)

"""Contract of ``quarantine``."""

from crm_assets.contracts.base import Table, column

REASONS = (
    "unreadable",
    "no_date",
    "outside_history",
    "future_date",
    "no_customer",
    "no_receipt",
    "bad_amount",
    "negative_amount",
    "zero_amount",
    "bad_quantity",
    "no_key",
    "not_quarantined",
)


class Quarantine(Table, key=["reading_hash", "row_no", "reason"]):
    """Rows that could not be loaded, whole, each with the first reason that applies."""

    reading_hash: str = column("VARCHAR", "reading that met the row, as in landed_files")
    row_no: int = column(
        "BIGINT", "readable row of the file, from 1, header not counted; of unreadable rows the line", ge=1
    )
    reason: str = column("VARCHAR", "first fault of the row", isin=list(REASONS))
    content: str = column("VARCHAR", "the row as it stood in the file, JSON; of unreadable rows the text")

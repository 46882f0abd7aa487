"""Contract of ``quarantine``."""

from crm_assets.contracts.base import Table, column


class Quarantine(Table):
    """Rows that could not be loaded, whole, each with the first reason that applies."""

    content_hash: str = column("VARCHAR", "file that holds the row, as in landed_files")
    row_no: int = column(
        "BIGINT", "readable row of the file, from 1, header not counted; of unreadable rows the line", ge=1
    )
    reason: str = column(
        "VARCHAR",
        "first fault of the row",
        isin=[
            "unreadable",
            "no_date",
            "outside_history",
            "no_customer",
            "no_receipt",
            "bad_amount",
            "no_key",
        ],
    )
    content: str = column("VARCHAR", "the row as it stood in the file, JSON")

    class Config(Table.Config):
        unique = ["content_hash", "row_no", "reason"]  # noqa: RUF012

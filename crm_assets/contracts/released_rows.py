"""Contract of ``released_rows``."""

from crm_assets.contracts.base import Table, column


class ReleasedRows(Table, key=["landing_no", "content_hash", "row_no", "reason"]):
    """Rows of the quarantine that were mended and delivered again by ``crm quarantine release``."""

    landing_no: int = column("BIGINT", "delivery that holds the mended row, as in landed_files", ge=1)
    content_hash: str = column("VARCHAR", "file that holds the faulty row, as in landed_files")
    row_no: int = column("BIGINT", "its number there, as in quarantine", ge=1)
    reason: str = column("VARCHAR", "its fault, as in quarantine")

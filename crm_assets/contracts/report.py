"""Contract of ``report``."""

from crm_assets.contracts.base import SnapshotTable, column


class Report(SnapshotTable, key=["month"]):
    """Registry of the monthly report."""

    path: str = column("VARCHAR", "file of the report, relative to the data folder")
    sha256: str = column("VARCHAR", "hash of that file")
    bytes: int = column("BIGINT", "size of the file", ge=1, unit="bytes")

"""Contract of ``report``."""

from crm_assets.contracts.base import Day, Table, column


class Report(Table):
    """Registry of the monthly report."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
    path: str = column("VARCHAR", "file of the report, relative to the data folder")
    sha256: str = column("VARCHAR", "hash of that file")
    bytes: int = column("BIGINT", "size of the file", ge=1, unit="bytes")

    class Config(Table.Config):
        unique = ["month"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012

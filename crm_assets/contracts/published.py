"""Contract of ``published``."""

from crm_assets.contracts.base import Day, Table, Time, column


class Published(Table, key=["path"]):
    """The state that the read-only copy of the warehouse shows; the copy holds this row too."""

    path: str = column("VARCHAR", "the copy, relative to the data folder")
    published_at: Time = column("TIMESTAMP", "when the run that made it began, UTC")
    run_id: str = column("VARCHAR", "Dagster run that made it")
    first_month: Day = column("DATE", "earliest month with a report", nullable=True)
    last_month: Day = column("DATE", "latest month with a report", nullable=True)
    deliveries: int = column("BIGINT", "deliveries whose rows count", ge=0, unit="files")
    lines: int = column("BIGINT", "receipt lines", ge=0, unit="lines")

"""Contract of ``landed_files``."""

from crm_assets.contracts.base import Day, Table, Time, column


class LandedFiles(Table, key=["landing_no"]):
    """The ledger of the intake: one row per delivery, a file's name and content; rows = loaded + duplicates +
    quarantined."""

    landing_no: int = column("BIGINT", "order of arrival, from 1", ge=1)
    delivered_no: int = column(
        "BIGINT", "landing_no when this content came by this name; kept when it is only read anew", ge=1
    )
    file_name: str = column("VARCHAR", "name in the landing folder")
    content_hash: str = column("VARCHAR", "SHA-256 of the file's bytes, of a packed one those of its content")
    reading_hash: str = column(
        "VARCHAR", "SHA-256 of content, mapping, history and policies; names the staged and the quarantined rows"
    )
    source: str = column("VARCHAR", "name of the mapping file")
    staged_table: str = column("VARCHAR", "staged table that the rows went to")
    feeds: str = column("VARCHAR", "all staged tables that the file feeds, separated by commas")
    status: str = column(
        "VARCHAR",
        "loaded: its rows count; superseded: a later delivery of the same name took its place",
        isin=["loaded", "superseded"],
    )
    in_folder: bool = column(
        "BOOLEAN", "whether it counts and a file of this name lay in the landing folder at the last look"
    )
    encoding: str = column("VARCHAR", "utf-8, utf-8-sig, cp949, the one that the mapping states, or the binary format")
    rows: int = column("BIGINT", "rows of the file, header not counted", ge=0, unit="rows")
    loaded: int = column(
        "BIGINT", "lines that no earlier delivery holds; of a dimension its distinct rows", ge=0, unit="rows"
    )
    duplicates: int = column(
        "BIGINT", "rows that equal another row, of this file or an earlier delivery", ge=0, unit="rows"
    )
    quarantined: int = column("BIGINT", "rows put aside with a reason", ge=0, unit="rows")
    first_month: Day = column("DATE", "earliest month of the sound lines or leads", nullable=True)
    last_month: Day = column("DATE", "latest month of the sound lines or leads", nullable=True)
    landed_at: Time = column("TIMESTAMP", "when the run that read it began, UTC")
    run_id: str = column("VARCHAR", "Dagster run that read it")

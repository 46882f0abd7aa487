"""Contract of ``landed_files``."""

from crm_assets.contracts.base import Day, Table, column


class LandedFiles(Table):
    """The ledger of the intake: one row per file content; rows = loaded + duplicates + quarantined."""

    content_hash: str = column("VARCHAR", "SHA-256 of the file's bytes")
    mapping_hash: str = column("VARCHAR", "SHA-256 of the mapping and history that the file was read with")
    landing_no: int = column("BIGINT", "order of arrival, from 1", ge=1)
    file_name: str = column("VARCHAR", "name in the landing folder when it was first read")
    source: str = column("VARCHAR", "name of the mapping file")
    staged_table: str = column("VARCHAR", "staged table that the rows went to")
    encoding: str = column("VARCHAR", "utf-8, utf-8-sig, cp949, or the binary format")
    rows: int = column("BIGINT", "rows of the file, header not counted", ge=0, unit="rows")
    loaded: int = column("BIGINT", "rows staged for the warehouse", ge=0, unit="rows")
    duplicates: int = column("BIGINT", "rows that equal another row, of this file or an earlier one", ge=0, unit="rows")
    quarantined: int = column("BIGINT", "rows put aside with a reason", ge=0, unit="rows")
    first_month: Day = column("DATE", "earliest month of the loaded rows", nullable=True)
    last_month: Day = column("DATE", "latest month of the loaded rows", nullable=True)

    class Config(Table.Config):
        unique = ["content_hash"]  # noqa: RUF012

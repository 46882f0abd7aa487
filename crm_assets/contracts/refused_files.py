"""Contract of ``refused_files``."""

from crm_assets.contracts.base import Table, Time, column


class RefusedFiles(Table, key=["file_name"]):
    """Files of the landing folder that were not read, as of the last look; nothing of them is loaded."""

    file_name: str = column("VARCHAR", "name in the landing folder")
    reason: str = column("VARCHAR", "what is wrong, and the remedy")
    refused_at: Time = column("TIMESTAMP", "when the run that looked last began, UTC")
    run_id: str = column("VARCHAR", "Dagster run that looked last")

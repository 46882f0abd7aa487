"""Contract of ``landed_months``."""

from crm_assets.contracts.base import Day, Table, column


class LandedMonths(Table, key=["landing_no", "purchase_month"]):
    """What each delivery of receipt lines changed in each month: which months are to be made anew, and why."""

    landing_no: int = column("BIGINT", "delivery, as in landed_files", ge=1)
    purchase_month: Day = column("DATE", "first day of the month of purchase")
    lines: int = column("BIGINT", "distinct sound lines of the file in the month", ge=0, unit="lines")
    loaded: int = column("BIGINT", "those that no earlier delivery which counts holds", ge=0, unit="lines")
    added: int = column("BIGINT", "lines that the month gained by this delivery", ge=0, unit="lines")
    withdrawn: int = column(
        "BIGINT", "lines that the month lost: of the delivery that this one superseded", ge=0, unit="lines"
    )
    late: bool = column("BOOLEAN", "whether a later month had landed before")

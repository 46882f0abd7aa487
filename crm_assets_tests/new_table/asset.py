"""``weekday_sales``: what was bought on each day of the week."""

import dagster as dg

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset

COMPLETE = "every_receipt_once"


@table_asset(deps=["receipts", "calendar"], checks=[COMPLETE])
def weekday_sales(month: Month):
    """A receipt belongs to the day of its earliest line. A day of the week without receipts has no row."""
    staged = month.stage()
    yield from month.gate(every_receipt_once(month, staged))
    yield from month.publish(staged, show)


def every_receipt_once(month: Month, staged: str) -> dg.AssetCheckResult:
    """The days have as many receipts as the month."""
    counted = month.scalar(f"select coalesce(sum(receipts), 0) from {staged}")
    receipts = month.scalar("select count(*) from receipts where month = :month")
    return dg.AssetCheckResult(
        check_name=COMPLETE,
        passed=counted == receipts,
        description=f"The days of the week have {counted:,} receipts, the month {receipts:,}.",
        metadata={"receipts": receipts},
    )


def show(month: Month) -> Shown:
    return {
        "receipts": month.scalar("select coalesce(sum(receipts), 0) from weekday_sales where month = :month"),
        "by day of the week": month.as_bars(
            "select weekday, receipts from weekday_sales where month = :month order by weekday", "receipts"
        ),
    }

"""``daily_activity``: who bought on each day, per type."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset


@table_asset(deps=["cluster_assignments", window("receipts"), "calendar"])
def daily_activity(month: Month):
    """Days of the window from the start of history on. The series behind `signal_correlations`."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "a day in the mean": month.as_table(
            """select segment_name as type, count(*) as days,
                round(cast(sum(active_customers) as double) / count(*), 1) as customers,
                round(cast(sum(receipts) as double) / count(*), 1) as receipts,
                round(cast(sum(amount) as double) / count(*), 0) as amount
            from daily_activity where month = :month group by segment_id, segment_name order by customers desc""",
        ),
    }

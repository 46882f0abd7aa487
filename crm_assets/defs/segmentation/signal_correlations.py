"""``signal_correlations``: daily activity of the types against external daily series."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.daily_correlation import signal_correlations as correlate


@table_asset(kinds={"duckdb", "scipy"}, deps=["daily_activity", "daily_signals"])
def signal_correlations(month: Month):
    """The measure is customers who bought on the day, not receipts: receipts of one customer are not independent. A
    source without such a series has no row."""
    activity = month.frame(
        """select segment_id, segment_name, date, active_customers from daily_activity
        where month = :month and segment_id <> 'all' order by segment_id, date"""
    )
    signals = month.frame("select date, signal, value from daily_signals where date <= :as_of order by signal, date")
    yield from month.publish(month.stage_frame(correlate(activity, signals)), show)


def show(month: Month) -> Shown:
    return {
        "correlations": month.as_table(
            """select segment_name as type, signal, days, round(r, 3) as r, detrended_days,
                round(detrended_r, 3) as detrended_r, round(detrended_low, 3) as low, round(detrended_high, 3) as high,
                round(p_adjusted, 4) as p_adjusted, allowed
            from signal_correlations where month = :month order by signal, segment_id""",
        ),
    }

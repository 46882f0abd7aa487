"""``rfm_thresholds``: what every score and every half of a grade means in days, receipts and money."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["rfm_scores"])
def rfm_thresholds(month: Month):
    """Per measure, the range of values that got each score (quintiles, ties kept together) and the two halves at the
    median that make a grade. They move from month to month with the customers."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    shown: dict[str, object] = {}
    for measure in ("recency_days", "frequency", "monetary"):
        shown[measure] = month.as_table(
            """select kind, level, low, high, unit, customers from rfm_thresholds
            where month = :month and measure = :measure order by kind desc, level desc""",
            measure=measure,
        )
    return shown

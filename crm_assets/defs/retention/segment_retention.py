"""``segment_retention``: who stayed, moved, lapsed and bought, of each state of last month."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["segment_migration"])
def segment_retention(month: Month):
    """Retention of types and of bands, and the conversion of new customers into existing ones: overall
    (`from_state = new`) and by the type that was predicted for them (`scheme = predicted_type`). The first month of
    history has no row."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "retention": month.as_table(
            """select scheme, from_state, customers, stayed, moved, lapsed, bought,
                round(100 * bought_share, 1) as bought_pct, round(100 * bought_lower, 1) as from_pct,
                round(100 * bought_upper, 1) as to_pct
            from segment_retention where month = :month and scheme <> 'rfm_band'
            order by scheme desc, customers desc, from_state""",
        ),
    }

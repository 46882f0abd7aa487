"""``lead_lift``: how much better than at random the list of leads is."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["lead_scores"])
def lead_lift(month: Month):
    """Leads whose outcome is known, in tenths by the score of a model that had not seen them."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "lift by tenth": month.as_bars(
            """select concat('tenth ', cast(decile as varchar)), lift from lead_lift
            where month = :month order by decile""",
            "× the rate of all",
        ),
        "tenths": month.as_table(
            """select decile, leads, converted, round(rate, 3) as rate, round(expected_rate, 3) as expected,
                round(lift, 2) as lift, round(100 * captured_share, 1) as captured_pct
            from lead_lift where month = :month order by decile"""
        ),
    }

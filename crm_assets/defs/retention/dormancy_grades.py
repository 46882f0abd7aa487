"""``dormancy_grades``: dormancy and value at risk by RFM grade."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["dormancy_predictions", "dormancy_evidence"])
def dormancy_grades(month: Month):
    """How many customers of each grade are expected to buy nothing within `dormancy_horizon_days`, what is at risk, and
    how far the probabilities are to be trusted: A, B or C against the best naive rule, none without enough evidence."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "by grade": month.as_table(
            """select rfm_grade, customers, round(expected_dormant, 1) as expected_dormant,
                round(100 * dormant_share, 1) as dormant_pct, round(value_at_risk, 0) as value_at_risk, served, grade
            from dormancy_grades where month = :month order by value_at_risk desc, rfm_grade"""
        ),
    }

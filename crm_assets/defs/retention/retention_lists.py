"""``retention_lists``: new customers about to leave, potential loyals to retain, dormant ones to win back."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["dormancy_predictions", "rfm_scores", "customer_lifecycles"])
def retention_lists(month: Month):
    """A customer is on one list at most. Ranked by what is at stake: value at risk, or what a return would bring."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "lists": month.as_table(
            """select list, count(*) as customers, round(avg(probability), 3) as mean_probability,
                sum(value) as value from retention_lists where month = :month group by list order by list"""
        ),
        "first of each": month.as_table(
            """select list, rank, customer_id, rfm_grade, recency_days, round(probability, 3) as probability, value
            from retention_lists where month = :month and rank <= 3 order by list, rank"""
        ),
    }

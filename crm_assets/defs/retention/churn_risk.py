"""``churn_risk``: how late a customer is against its own rhythm."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset


@table_asset(deps=["rfm_scores", window("receipts"), "calendar"])
def churn_risk(month: Month):
    """recency_days ÷ mean days between purchase dates in the window. With 3 dates or more the mean is the customer's
    own; with 2 it is halfway between the one gap and the population's mean (of the own means of customers with 3 dates
    or more), with 1 the population's. While nobody has 3 dates, those with fewer have none. A ratio, not a
    probability: 2 means twice as late as usual."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "by number of purchase dates": month.as_table(
            """select case when purchase_dates < 3 then cast(purchase_dates as varchar) else '3+' end as dates,
                count(*) as customers, count(churn_risk) as with_ratio,
                round(min(interval_days), 1) as interval_from, round(max(interval_days), 1) as interval_to,
                sum(case when churn_risk >= 2 then 1 else 0 end) as twice_as_late
            from churn_risk where month = :month group by 1 order by 1""",
        ),
    }

"""``dormancy_features``: what may tell who falls silent next."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset


@table_asset(deps=["rfm_scores", "churn_risk", "alive_probabilities", window("receipts"), "calendar"])
def dormancy_features(month: Month):
    """Nothing after as_of: the months that follow bring the answer (no purchase within `dormancy_horizon_days`), and a
    model learns only from months whose answer is known."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "customers by grade": month.as_bars(
            """select rfm_grade, count(*) as customers from dormancy_features where month = :month
            group by rfm_grade order by customers desc, rfm_grade""",
            "customers",
        ),
    }

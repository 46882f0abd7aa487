"""``dormancy_predictions``: who will fall silent, and what is at stake."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["dormancy_features", "dormancy_model", "dormancy_scores", "dormancy_evidence", "calendar"])
def dormancy_predictions(month: Month):
    """The model's probability, or for an RFM grade in which it did not beat the best naive rule, that rule's
    (`dormancy_choices`). Value at risk is the probability times what the customer would spend in the horizon at the
    pace of the window. A month without a model predicts nobody."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    customers, share, risk = month.rows(
        "select count(*), avg(probability), sum(value_at_risk) from dormancy_predictions where month = :month"
    )[0]
    if not customers:
        why = month.scalar("select max(reason) from dormancy_model where month = :month")
        return {"predicted": f"nobody: {why}"}
    return {
        "customers": int(customers),
        "expected dormant share": round(float(share), 3),
        "value at risk": float(risk),
        "customers by source": month.as_bars(
            """select source, count(*) as customers from dormancy_predictions where month = :month
            group by source order by customers desc, source""",
            "customers",
        ),
        "main reasons": month.as_bars(
            """select reason, count(*) as customers from dormancy_predictions
            where month = :month and reason is not null and probability >= 0.5
            group by reason order by customers desc, reason limit 10""",
            "customers",
        ),
    }

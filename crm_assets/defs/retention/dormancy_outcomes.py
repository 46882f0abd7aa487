"""``dormancy_outcomes``: what became of the probabilities that were served."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.retention.dormancy_evidence import evidence
from crm_assets.retention.dormancy_known import known_scores
from crm_assets.retention.dormancy_model import CANDIDATES

SERVED = "served"
SCORES = dict(zip(CANDIDATES, CANDIDATES, strict=True))


@table_asset(
    deps=[
        history("dormancy_features"),
        history("dormancy_scores"),
        history("dormancy_predictions"),
        history("receipts"),
        "calendar",
    ],
    kinds={"scipy", "duckdb"},
)
def dormancy_outcomes(month: Month):
    """The served probability of earlier months beside the model and the rules, on the same customers: `gain` is the
    candidate's Brier score less that of what was served."""
    settings = month.settings
    known = known_scores(month.session, month.parameters, settings, "dormancy_scores", SCORES)
    served = known_scores(month.session, month.parameters, settings, "dormancy_predictions", {SERVED: "probability"})
    known = known.merge(served[["month", "customer_id", SERVED]], on=["month", "customer_id"])
    found = evidence(
        known, [*CANDIDATES, SERVED], model=SERVED, least=settings.dormancy_min_customers, seed=settings.seed
    )
    yield from month.publish(month.stage_frame(found), show)


def show(month: Month) -> Shown:
    return {
        "ROC-AUC": month.as_table(
            """select candidate, max(case when slice = 'all' then round(value, 3) end) as everybody,
                max(case when slice = 'one_receipt' then round(value, 3) end) as one_receipt,
                max(case when slice = 'more_receipts' then round(value, 3) end) as more_receipts
            from dormancy_outcomes where month = :month and metric = 'roc_auc'
            group by candidate order by everybody desc nulls last, candidate"""
        ),
    }

"""``dormancy_evidence``: what the model of dormancy is worth beside simple rules."""

import pandas as pd

from crm_assets.contracts.rfm_scores import GRADES
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.retention.dormancy_evidence import choices, evidence
from crm_assets.retention.dormancy_known import known_scores
from crm_assets.retention.dormancy_model import CANDIDATES, MODEL, RULES

SCORES = dict(zip(CANDIDATES, CANDIDATES, strict=True))


@table_asset(
    deps=[history("dormancy_features"), history("dormancy_scores"), history("receipts"), "calendar"],
    kinds={"scipy", "duckdb"},
    also=["dormancy_choices"],
)
def dormancy_evidence(month: Month):
    """Scores of earlier months (the newest `dormancy_evidence_months` whose answer is known by as_of) against what
    became of the customers: ROC-AUC, PR-AUC, Brier, calibration, with 95 % intervals, for everybody, one-time buyers,
    the others and every RFM grade with at least `dormancy_min_customers` of either answer. `dormancy_choices` says who
    is served, by the Brier score, which adds up over grades: the model (A: clearly better than the best naive rule, B:
    better) or that rule (C)."""
    known = known_scores(month.session, month.parameters, month.settings, "dormancy_scores", SCORES)
    settings = month.settings
    found = evidence(known, CANDIDATES, model=MODEL, least=settings.dormancy_min_customers, seed=settings.seed)
    chosen = choices(found, list(RULES), GRADES, model=MODEL)
    also = [month.also("dormancy_choices", chosen)]
    yield from month.publish(month.stage_frame(found), lambda m: show(m, known), also=also)


def show(month: Month, known: pd.DataFrame) -> Shown:
    if known.empty:
        return {"evidence": "none: no month with a model has a known answer yet"}
    measured = month.rows(
        """select slice, value from dormancy_evidence where month = :month and candidate = 'model'
        and metric = 'roc_auc' and slice in ('all', 'one_receipt', 'more_receipts') order by slice"""
    )
    return {f"ROC-AUC, {part}": round(float(value), 3) for part, value in measured} | {
        "months judged": int(known["month"].nunique()),
        "who is served": month.as_table(
            """select slice, served, grade, best_rule, round(gain, 4) as gain, round(gain_low, 4) as low,
                round(gain_high, 4) as high, base
            from dormancy_choices where month = :month order by case when slice = 'all' then 0 else 1 end, slice"""
        ),
        "ROC-AUC": month.as_table(
            """select candidate, max(case when slice = 'all' then round(value, 3) end) as everybody,
                max(case when slice = 'one_receipt' then round(value, 3) end) as one_receipt,
                max(case when slice = 'more_receipts' then round(value, 3) end) as more_receipts
            from dormancy_evidence where month = :month and metric = 'roc_auc'
            group by candidate order by everybody desc nulls last, candidate"""
        ),
    }

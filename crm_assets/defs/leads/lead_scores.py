"""``lead_scores``: the list of leads."""

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.leads.feature_rows import known_of_month
from crm_assets.leads.registry import REGISTRY
from crm_assets.leads.scores import lead_scores as scores_of


@table_asset(deps=["leads", "lead_columns", "lead_features", "lead_model"], kinds={"lightgbm", "duckdb"})
def lead_scores(month: Month):
    """Every lead by the month's model. Open leads are ranked, and the best `lead_capacity` marked; leads from which the
    model learned have the score of one that had not seen them. A month without a model scores nobody."""
    model = REGISTRY.of_month(month.session, month.first_day, month.settings)
    rows = pd.DataFrame(columns=[c.name for c in columns(CONTRACTS[month.name]) if c.name not in ("month", "as_of")])
    if model is not None:
        leads, told = known_of_month(month.session, month.first_day, month.as_of, month.settings)
        rows = scores_of(model, leads, told, month.settings.lead_capacity)
    yield from month.publish(month.stage_frame(rows), show)


def show(month: Month) -> Shown:
    open_leads, called = month.rows(
        """select count(*), coalesce(sum(case when predicted then 1 else 0 end), 0)
        from lead_scores where month = :month and source = 'scored'"""
    )[0]
    return {
        "open leads": int(open_leads),
        "of which called a sale": int(called),
        "first of the list": month.as_table(
            """select rank, lead_id, lead_index, created_at from lead_scores
            where month = :month and source = 'scored' order by rank limit 15"""
        ),
        "open leads by index": month.as_bars(
            """select concat(cast(10 * least(floor(lead_index / 10), 9) as integer), '…') as tenth,
                count(*) as leads
            from lead_scores where month = :month and source = 'scored'
            group by 1 order by min(lead_index) desc""",
            "leads",
        ),
    }

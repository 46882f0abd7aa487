"""``lead_features``: what a model may know of each lead."""

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.leads.column_report import feature_columns
from crm_assets.leads.feature_rows import COLUMNS, long
from crm_assets.leads.known import any_lead, leads_of_month


@table_asset(deps=["leads", "lead_columns"], kinds={"python", "duckdb"})
def lead_features(month: Month):
    """The columns that `lead_columns` keeps, cleaned, with what is derived of them and counted in the messages (length,
    words of urgency, need, budget, time). The terms of the messages are the model's."""
    rows = pd.DataFrame(columns=list(COLUMNS))
    if any_lead(month.session, month.as_of):
        of = leads_of_month(month.session, month.as_of, month.settings)
        done = month.frame(
            "select attribute, kind, done, why from lead_columns where month = :month order by attribute"
        )
        rows = long(*feature_columns(of, done))
    yield from month.publish(month.stage_frame(rows), show)


def show(month: Month) -> Shown:
    return {
        "leads": int(month.scalar("select count(distinct lead_id) from lead_features where month = :month")),
        "features": month.as_table(
            """select feature, count(*) as leads, count(distinct category) as categories, avg(number) as mean
            from lead_features where month = :month group by feature order by leads desc, feature limit 15"""
        ),
    }

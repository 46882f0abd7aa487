"""``churn_risk``: how late a customer is against its own rhythm."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.warehouse import Session, read_query

TABLE = "churn_risk"


@table_asset(
    TABLE,
    group="retention",
    deps=["rfm_scores", dg.AssetDep("receipts", partition_mapping=WINDOW), "calendar"],
    condition=on_new_months(),
)
def churn_risk(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """recency_days ÷ mean days between purchase dates in the window. With 3 dates or more the mean is the customer's
    own; with 2 it is halfway between the one gap and the population's mean (of the own means of customers with 3 dates
    or more), with 1 the population's. While nobody has 3 dates, those with fewer have none. A ratio, not a
    probability: 2 means twice as late as usual."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        require_days(session, snapshot)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "by number of purchase dates": table_of(
            session,
            """select case when purchase_dates < 3 then cast(purchase_dates as varchar) else '3+' end as dates,
                count(*) as customers, count(churn_risk) as with_ratio,
                round(min(interval_days), 1) as interval_from, round(max(interval_days), 1) as interval_to,
                sum(case when churn_risk >= 2 then 1 else 0 end) as twice_as_late
            from churn_risk where month = :month group by 1 order by 1""",
            month=snapshot.month,
        ),
    }

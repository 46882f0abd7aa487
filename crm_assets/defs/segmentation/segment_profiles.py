"""``segment_profiles``: what the types are like."""

import dagster as dg

from crm_assets.calendar import require_days
from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

TABLE = "segment_profiles"


@table_asset(
    TABLE,
    group="segmentation",
    deps=[
        "cluster_assignments",
        "rfm_scores",
        dg.AssetDep("receipts", partition_mapping=WINDOW),
        dg.AssetDep("raw_transactions", partition_mapping=WINDOW),
        "calendar",
        "customers",
        "products",
    ],
    condition=on_new_months(),
)
def segment_profiles(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Sizes, means and distributions per type and for all clustered customers, over the window. What the source does
    not have (gender, age, wallet) has no row."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        require_days(session, snapshot)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "types": table_of(
            session,
            """select segment_name as type,
                max(case when measure = 'customers' then value end) as customers,
                max(case when measure = 'revenue_share' then round(100 * value, 1) end) as revenue_pct,
                max(case when measure = 'recency_days_mean' then round(value, 1) end) as recency,
                max(case when measure = 'frequency_mean' then round(value, 1) end) as frequency,
                max(case when measure = 'monetary_mean' then round(value, 0) end) as monetary
            from segment_profiles where month = :month group by segment_id, segment_name order by customers desc""",
            month=snapshot.month,
        ),
        "measures": table_of(
            session,
            """select measure, unit, count(*) as rows, count(distinct category) as categories
            from segment_profiles where month = :month group by measure, unit order by measure""",
            month=snapshot.month,
        ),
    }

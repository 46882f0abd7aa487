"""``segment_profiles``: what the types are like."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.covered import require_covered
from crm_assets.defs.partitions import WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.segmentation.naming import Personas, is_loyal
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
        "churn_risk",
        "attribute_segments",
        "calendar",
        "products",
    ],
    condition=on_new_months(),
)
def segment_profiles(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Sizes, means and distributions per type and for all clustered customers, over the window. What the source does
    not have (gender, age, wallet) has no row. For all customers also: potential loyal customers per loyal one (which
    types are loyal is persona data) and what the conversion of `loyal_conversion_share` of them would bring, reckoned
    as if the converted spent what loyal customers spend: an assumption."""
    snapshot, personas = settings.snapshot(context.partition_key), settings.read_personas()
    with warehouse.session() as session:
        require_days(session, snapshot)
        require_covered(session, snapshot, "cluster_assignments", "churn_risk", "attribute_segments")
        session.reference("loyal_types", {"segment_id": "varchar"}, _loyal_types(session, snapshot, personas))
        staged = session.stage(
            CONTRACTS[TABLE],
            read_query(TABLE),
            **snapshot.parameters,
            loyal_conversion_share=settings.loyal_conversion_share,
        )
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def _loyal_types(session: Session, snapshot: Snapshot, personas: Personas) -> list[tuple[str]]:
    types = session.rows(
        "select distinct segment_id from cluster_assignments where month = :month order by 1", month=snapshot.month
    )
    return [(segment_id,) for (segment_id,) in types if is_loyal(segment_id, personas)]


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

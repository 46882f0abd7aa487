"""``attribute_segments``: who the customers of the window are."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.covered import require_covered
from crm_assets.defs.partitions import HISTORY, WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import Rows, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.segmentation.attributes import Dimension, kinds, query, read_dimensions
from crm_assets.warehouse import Session, read_query

TABLE, SIZES = "attribute_segments", "attribute_sizes"


@table_asset(
    TABLE,
    group="segmentation",
    deps=[
        "rfm_scores",
        "churn_risk",
        dg.AssetDep("receipts", partition_mapping=HISTORY),
        dg.AssetDep("raw_transactions", partition_mapping=WINDOW),
        "customers",
        "products",
    ],
    condition=on_new_months(),
)
def attribute_segments(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """One row per customer of the window; the rules are data/reference/attributes.yaml. Interest category (largest
    lift over the population), loyalty and purchasing power (tertiles) are of existing customers; a new customer's are
    null. Written with it: `attribute_sizes`, one row per segment."""
    snapshot, dimensions = settings.snapshot(context.partition_key), read_dimensions(settings.reference)
    with warehouse.session() as session:
        require_covered(session, snapshot, "rfm_scores", "churn_risk")
        staged = session.stage(
            CONTRACTS[TABLE],
            query(read_query(TABLE), dimensions),
            **snapshot.parameters,
            new_customer_max_receipts=settings.new_customer_max_receipts,
        )
        sizes = _sizes(session, snapshot, dimensions)
        yield from publish(context, session, staged, lambda s: show(s, snapshot), also=[sizes])


def _sizes(session: Session, snapshot: Snapshot, dimensions: list[Dimension]) -> Rows:
    session.reference(
        "attribute_dimensions",
        {"dimension": "varchar", "kind": "varchar"},
        kinds(dimensions),
    )
    staged = session.stage(CONTRACTS[SIZES], read_query(SIZES), **snapshot.parameters)
    return Rows(CONTRACTS[SIZES], staged, "month = :month", {"month": snapshot.month})


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "segments": table_of(
            session,
            """select dimension, category, customers, round(100 * customer_share, 1) as customers_pct,
                round(100 * revenue_share, 1) as revenue_pct
            from attribute_sizes where month = :month order by dimension, customers desc, category limit 120""",
            month=snapshot.month,
        ),
    }

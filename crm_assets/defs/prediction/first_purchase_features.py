"""``first_purchase_features``: the second set of model columns, what the first receipts tell beyond the seed's 31."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.feature_sets import model_columns
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import HISTORY
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import filled, table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.warehouse import Session, read_query

TABLE = "first_purchase_features"


@table_asset(
    TABLE,
    group="prediction",
    deps=[
        "feature_table",
        dg.AssetDep("receipts", partition_mapping=HISTORY),
        dg.AssetDep("raw_transactions", partition_mapping=HISTORY),
        dg.AssetDep("product_days", partition_mapping=HISTORY),
        "calendar",
        "products",
    ],
    condition=on_new_months(),
)
def first_purchase_features(
    context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource
):
    """The cuts of existing customers as `feature_table` has them, and the whole history of who has at most
    `new_customer_max_receipts` receipts. A receipt without product lines counts; what lines would tell is empty."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        require_days(session, snapshot)
        staged = session.stage(
            CONTRACTS[TABLE],
            read_query(TABLE),
            new_customer_max_receipts=settings.new_customer_max_receipts,
            **snapshot.parameters,
        )
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    names = model_columns(["first_purchase"])
    half = len(names) // 2
    return {
        "as_of": str(snapshot.as_of),
        "rows by cut-off": table_of(
            session,
            """select cutoff, count(*) as customers, round(100.0 * count(price_level_mean) / count(*), 1) as priced_pct
            from first_purchase_features where month = :month group by cutoff order by cutoff""",
            month=snapshot.month,
        ),
        # In two halves: the UI folds up markdown of a thousand characters.
        "model columns": filled(session, TABLE, names[:half], snapshot.month),
        "model columns, continued": filled(session, TABLE, names[half:], snapshot.month),
    }

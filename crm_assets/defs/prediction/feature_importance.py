"""``feature_importance``: how much each model column matters, by one decision tree and by permutation."""

import dagster as dg

from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.prediction import measured_once
from crm_assets.defs.prediction.labelled import READ
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import Shown, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.prediction.feature_importance import TOP, importances, mark
from crm_assets.warehouse import Session

TABLE = "feature_importance"


@table_asset(
    TABLE,
    group="prediction",
    kinds=frozenset({"lightgbm", "scikitlearn", "duckdb"}),
    deps=["lightgbm_model", *READ],
    condition=on_new_months(),
)
def feature_importance(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Both methods learn from the first receipts of the same customers, by the recipe in use. *cart* is one decision
    tree's; *permutation* what the recipe loses on the other customers when a column's values change hands among them,
    mean of 5 shufflings. A month that trains no model has no rows; one made again from the same input keeps its own."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        staged = measured_once.stage(session, snapshot, settings, TABLE, mark, importances)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> Shown:
    month = snapshot.month
    if not session.scalar("select count(*) from feature_importance where month = :month", month=month):
        return measured_once.nothing(session, snapshot, TABLE)
    sql = """select c.rank, c.model_column as cart, round(c.importance, 3) as decrease,
            p.model_column as permutation, round(p.importance, 4) as loss, round(p.spread, 4) as spread
        from feature_importance c join feature_importance p on p.month = c.month and p.rank = c.rank
        where c.month = :month and c.method = 'cart' and p.method = 'permutation' and c.rank <= :top order by c.rank"""
    both = "select count(*) from feature_importance where month = :month and method = 'cart' and in_both"
    return {
        "as_of": str(snapshot.as_of),
        "in both top tens": session.scalar(both, month=month),
        "top ten": table_of(session, sql, month=month, top=TOP),
    }

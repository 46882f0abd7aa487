"""``model_comparison``: LightGBM beside other classifiers, by figures, seconds and memory."""

import dagster as dg

from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.prediction import measured_once
from crm_assets.defs.prediction.labelled import READ
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import Shown, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.prediction.algorithms import ALGORITHMS, installed
from crm_assets.prediction.model_comparison import compare, mark
from crm_assets.warehouse import Session

TABLE = "model_comparison"


@table_asset(
    TABLE,
    group="prediction",
    kinds=frozenset({"lightgbm", "scikitlearn", "duckdb"}),
    deps=["lightgbm_model", *READ],
    condition=on_new_months(),
)
def model_comparison(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """LightGBM, Random Forest and, where it is installed, CatBoost, on the same customers, columns, folds and weights
    of rows: under *seed* whole histories and S0's 31 columns, under *cold_start* first receipts and the columns of the
    model in use. Every fit runs on one thread, in a process of its own, whose growth is its memory. A month that
    trains no model has no rows; one made again from the same input keeps its rows, seconds included."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        staged = measured_once.stage(session, snapshot, settings, TABLE, mark, compare)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> Shown:
    if not session.scalar("select count(*) from model_comparison where month = :month", month=snapshot.month):
        return measured_once.nothing(session, snapshot, TABLE)
    return {
        "as_of": str(snapshot.as_of),
        "compared": table_of(
            session,
            """select algorithm, protocol, slice as receipts, round(macro_f1, 3) as macro_f1,
                round(accuracy, 3) as accuracy, base as customers, training_rows,
                round(fit_seconds, 3) as fit_seconds, round(peak_mb, 1) as peak_mb
            from model_comparison where month = :month order by protocol, slice, macro_f1 desc, algorithm""",
            month=snapshot.month,
        ),
        **missing(),
    }


def missing() -> Shown:
    """How to have the algorithms that are not installed."""
    absent = sorted(set(ALGORITHMS) - set(installed()))
    return {
        name: f"not installed; to compare it: `.venv/bin/pip install -e '.[{name}]'`, and make the month again"
        for name in absent
    }

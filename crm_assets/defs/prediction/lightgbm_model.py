"""``lightgbm_model``: the model of the latent type, trained for customers with one to three receipts."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.prediction.labelled import labelled_rows_of, labels
from crm_assets.defs.prediction.registry import earlier_model, write_model
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import Rows, month_rows, of_snapshot, publish, table_asset
from crm_assets.model_of_month import Decision, InUse, decide, train_and_judge
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session

TABLE = "lightgbm_model"
OWN_METRICS = "protocol in ('seed', 'cold_start', 'calibration', 'abstention', 'ablation')"


@table_asset(
    TABLE,
    group="prediction",
    kinds=frozenset({"lightgbm", "duckdb"}),
    deps=["feature_table", "cluster_assignments"],
    condition=on_new_months(),
)
def lightgbm_model(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """One row: the model that the month uses and why. Trained anew every `retrain_every_months` months, by hand, or
    when the types have changed, on the first 1, 2 and 3 receipts of existing customers. Its figures go into
    `model_metrics` under both protocols: *seed*, judged on whole histories as S0 did, and *cold_start*, judged on
    first receipts."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        types = labels(session, snapshot)
        earlier = earlier_model(session, snapshot, settings)
        decision = decide(types, earlier, settings, snapshot.as_of)
        in_use, figures = earlier, None
        if decision.status == "trained":
            trained = train_and_judge(labelled_rows_of(session, snapshot, None, settings), settings)
            figures = trained.figures
            in_use = write_model(trained.model, snapshot.as_of, settings)
        row = _row(decision, in_use if decision.status != "none" else None)
        staged = session.stage_frame(CONTRACTS[TABLE], of_snapshot(pd.DataFrame([row]), snapshot))
        also = [_metrics(session, snapshot, figures)]
        yield from publish(context, session, staged, lambda s: show(s, snapshot, row), also=also)


def _row(decision: Decision, in_use: InUse | None) -> dict[str, object]:
    model = in_use.model if in_use else None
    return {
        "status": decision.status,
        "reason": decision.reason,
        "trained_as_of": pd.Timestamp(in_use.trained_as_of) if in_use else pd.NaT,
        "customers": model.customers if model else 0,
        "rows": model.rows if model else 0,
        "features": ",".join(model.features) if model else "",
        "unavailable": ",".join(model.unavailable) if model else "",
        "path": in_use.path if in_use else None,
        "sha256": in_use.sha256 if in_use else None,
    }


def _metrics(session: Session, snapshot: Snapshot, figures: pd.DataFrame | None) -> Rows:
    return month_rows(session, "model_metrics", snapshot, figures if figures is not None else [], OWN_METRICS)


def show(session: Session, snapshot: Snapshot, row: dict[str, object]) -> dict[str, object]:
    trained = row["trained_as_of"]
    shown: dict[str, object] = {"as_of": str(snapshot.as_of), "status": row["status"], "reason": row["reason"]}
    if pd.isna(trained):
        return shown
    sql = """select protocol, slice as receipts, metric,
            max(case when model = 'latent_type' then round(value, 3) end) as model,
            max(case when model = 'majority' then round(value, 3) end) as majority,
            max(case when model = 'prior' then round(value, 3) end) as prior, max(base) as customers
        from model_metrics where as_of = cast(:trained as date) and protocol in ('seed', 'cold_start')
        group by protocol, slice, metric order by metric desc, protocol, slice"""
    for part, value in session.rows(
        """select slice, value from model_metrics where as_of = cast(:trained as date) and model = 'latent_type'
        and protocol = 'cold_start' and metric = 'macro_f1' order by slice""",
        trained=str(trained.date()),
    ):
        shown[f"macro-F1, {part} receipts"] = round(float(value), 3)
    return shown | {
        "trained as of": str(trained.date()),
        "figures": table_of(session, sql, trained=str(trained.date())),
        "unavailable columns": row["unavailable"] or "none",
        "file": str(row["path"]),
    }

"""``prediction_outcomes``: the type that was named for a new customer, and the one that came true."""

from collections.abc import Iterable

import dagster as dg
import pandas as pd

from crm_assets import pictures
from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import HISTORY, month_key
from crm_assets.defs.prediction.registry import model_in_use
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.table import month_rows, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.prediction.evaluation import MODEL
from crm_assets.prediction.outcomes import COLUMNS, PROTOCOL, by_slice, by_type, figures
from crm_assets.receipts.calendar import require_days
from crm_assets.warehouse import Session, read_query

TABLE = "prediction_outcomes"


@table_asset(
    TABLE,
    group="prediction",
    deps=[
        dg.AssetDep("new_customer_predictions", partition_mapping=HISTORY),
        dg.AssetDep("cluster_assignments", partition_mapping=HISTORY),
        dg.AssetDep("receipts", partition_mapping=HISTORY),
        "calendar",
    ],
    condition=on_new_months(),
)
def prediction_outcomes(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Only customers who came to be existing have an outcome, and soon after they did: most of them are then of a type
    with few visits, so accuracy is high and macro-F1 low for everybody. Its figures, beside majority and prior, go into
    `model_metrics` (protocol `later_month`); those of a month take in every outcome known by its end."""
    snapshot = settings.snapshot(context.partition_key)
    query, most = read_query(TABLE), settings.new_customer_max_receipts
    with warehouse.session() as session:
        require_days(session, snapshot)
        session.execute(
            f"create or replace temp table known_outcomes as {query}",
            since=snapshot.history_start.replace(day=1),
            month=snapshot.month,
            new_customer_max_receipts=most,
        )
        known = session.frame(f"select {', '.join(COLUMNS)} from known_outcomes")
        shares = _shares(session, known["predicted_month"].sort_values().unique(), settings)
        found = figures(known, shares, seed=settings.seed)
        staged = session.stage(
            CONTRACTS[TABLE], "select * from known_outcomes where month = :month", month=snapshot.month
        )
        also = [month_rows(session, "model_metrics", snapshot, found, f"protocol = '{PROTOCOL}'")]
        yield from publish(context, session, staged, lambda _: show(snapshot, known, found), also=also)


def _shares(session: Session, months: Iterable[pd.Timestamp], settings: SettingsResource) -> pd.DataFrame:
    """Per month of predictions the types' shares among the customers that its model was trained on.

    Raises:
        dg.Failure: a month with predictions has no model.
    """
    shares = {}
    for month in months:
        key = month_key(month.date())
        in_use = model_in_use(session, settings.snapshot(key), settings)
        if in_use is None:
            raise dg.Failure(
                f"lightgbm_model of {month:%Y-%m} names no model, though customers were predicted then. Make the month "
                f"again: `crm refresh --months {month:%Y-%m} --select lightgbm_model,new_customer_predictions`.",
                allow_retries=False,
            )
        shares[month] = dict(in_use.model.shares)
    return pd.DataFrame.from_dict(shares, orient="index")


def show(snapshot: Snapshot, known: pd.DataFrame, found: pd.DataFrame) -> dict[str, object]:
    shown: dict[str, object] = {"as_of": str(snapshot.as_of), "outcomes so far": len(known)}
    pooled = found[(found["model"] == MODEL) & (found["metric"] == "macro_f1")].set_index("slice")["value"]
    for outcome in sorted(known["outcome"].unique()):
        shown[f"macro-F1, {outcome}"] = round(float(pooled[f"{outcome}/all"]), 3)
        table = pictures.table(by_slice(found, outcome).round(3))
        shown[f"{outcome}: by month of the prediction; by receipts and all: each customer once"] = dg.MetadataValue.md(
            table
        )
    return shown | {"types that came true": dg.MetadataValue.md(pictures.table(by_type(known).round(3)))}

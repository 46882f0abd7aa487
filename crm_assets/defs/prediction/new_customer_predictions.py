"""``new_customer_predictions``: the latent type of every customer with one to three receipts."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.prediction.registry import model_in_use
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of, table_of
from crm_assets.defs.table import of_snapshot, publish, table_asset
from crm_assets.latent_type import asked, predict
from crm_assets.model_of_month import InUse
from crm_assets.months import Snapshot
from crm_assets.naming import segment_name
from crm_assets.reasons import reasons
from crm_assets.warehouse import Session

TABLE = "new_customer_predictions"


@table_asset(
    TABLE,
    group="prediction",
    kinds=frozenset({"lightgbm", "duckdb"}),
    deps=["lightgbm_model", "feature_table"],
    condition=on_new_months(),
)
def new_customer_predictions(
    context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource
):
    """One row per new customer: the most probable type `horizon_days` after its last known receipt, should it become an
    existing customer; the probability of every type, and what weighed most. A month without a model predicts nobody."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        in_use = model_in_use(session, snapshot, settings)
        features = session.frame(
            """select * from feature_table where month = :month and cutoff = 'as_of' and receipts <= :most
            order by customer_id""",
            month=snapshot.month,
            most=settings.new_customer_max_receipts,
        )
        rows = of_snapshot(_predictions(features, in_use, settings), snapshot)
        staged = session.stage_frame(CONTRACTS[TABLE], rows)
        yield from publish(context, session, staged, lambda s: show(s, snapshot, in_use, len(features)))


def _predictions(features: pd.DataFrame, in_use: InUse | None, settings: SettingsResource) -> pd.DataFrame:
    """The rows of the table without month and as_of; none without a model or new customers."""
    names = [c.name for c in columns(CONTRACTS[TABLE]) if c.name not in ("month", "as_of")]
    if in_use is None or features.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in names})
    personas, horizon = settings.read_personas(), settings.horizon_days
    features = features.sort_values("customer_id", kind="stable", ignore_index=True)
    made = predict(in_use.model, features, horizon_days=horizon, floor=settings.min_probability)
    made = made.assign(
        receipts=features["receipts"],
        horizon_days=horizon,
        trained_as_of=pd.Timestamp(in_use.trained_as_of),
        segment_name=made["segment_id"].map(lambda i: segment_name(i, personas, settings.language)),
    )
    return made.join(reasons(in_use.model, asked(features, horizon)))[names]


def show(session: Session, snapshot: Snapshot, in_use: InUse | None, new_customers: int) -> dict[str, object]:
    shown: dict[str, object] = {"as_of": str(snapshot.as_of), "new customers": new_customers}
    if in_use is None:
        return shown | {"model": "none: too little history, nobody is predicted"}
    return shown | {
        "model": f"trained as of {in_use.trained_as_of}",
        "types": bars_of(
            session,
            """select segment_name, count(*) as customers from new_customer_predictions where month = :month
            group by segment_name order by customers desc, segment_name""",
            "customers",
            total=float(max(new_customers, 1)),
            month=snapshot.month,
        ),
        "probability by number of receipts": table_of(
            session,
            """select receipts, count(*) as customers, round(sum(probability) / count(*), 3) as probability_mean,
                round(min(probability), 3) as lowest, round(max(probability), 3) as highest
            from new_customer_predictions where month = :month group by receipts order by receipts""",
            month=snapshot.month,
        ),
    }

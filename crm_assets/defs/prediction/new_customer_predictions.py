"""``new_customer_predictions``: the latent type of every new customer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import dagster as dg
import numpy as np
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import HISTORY
from crm_assets.defs.prediction.labelled import FEATURES
from crm_assets.defs.prediction.new_customers import batches, drift, new_customers
from crm_assets.defs.prediction.registry import model_in_use
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of, table_of
from crm_assets.defs.table import of_snapshot, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.prediction.expectations import expectations, of_types
from crm_assets.prediction.feature_drift import TYPES, told
from crm_assets.prediction.latent_type import answered_days, asked, predict
from crm_assets.prediction.model_of_month import InUse
from crm_assets.prediction.reasons import reasons
from crm_assets.segmentation.naming import Personas, segment_name
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

TABLE = "new_customer_predictions"
FEATURES_STABLE, SHARES_STABLE = "features_stable", "shares_stable"
HALVES = 2  # of a batch, side by side: LightGBM lets go of Python's lock, and 0.5 ms a customer go into the reasons


@table_asset(
    TABLE,
    group="prediction",
    kinds=frozenset({"lightgbm", "duckdb"}),
    deps=[
        "lightgbm_model",
        *FEATURES,
        "segment_claims",
        "products",
        dg.AssetDep("raw_transactions", partition_mapping=HISTORY),
    ],
    condition=on_new_months(),
    checks=(FEATURES_STABLE, SHARES_STABLE),
)
def new_customer_predictions(
    context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource
):
    """One row per new customer: the most probable type `horizon_days` after its last known receipt, should it become an
    existing customer; the probability of every type, what weighed most, and what is to be expected: interest, loyalty
    and purchasing power. A model that has learned of fewer days is asked at the most that it knows. A month
    without a model predicts nobody; nor does one whose new customers are others than those that its model was made to
    score, where no new model could be trained."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        in_use = model_in_use(session, snapshot, settings)
        moved = None if in_use is None else drift(session, snapshot, settings, in_use.model)
        checks = stable(moved)
        yield from checks
        if failed := [c.description for c in checks if not c.passed]:
            raise dg.Failure(refused(snapshot, in_use, failed), allow_retries=False)
        customers = new_customers(session, snapshot, settings, in_use)
        made = () if in_use is None else predictions(session, snapshot, settings, in_use, customers)
        staged = session.stage_frames(CONTRACTS[TABLE], made)
        yield from publish(context, session, staged, lambda s: show(s, snapshot, in_use, customers))


def stable(found: pd.DataFrame | None) -> list[dg.AssetCheckResult]:
    """The two checks of drift: of the columns, and of the shares of the types that are predicted.

    Args:
        found: of ``feature_drift.drift``; None without a model.
    """
    checks = []
    for name, wanted in ((FEATURES_STABLE, False), (SHARES_STABLE, True)):
        rows = None if found is None else found[(found["name"] == TYPES) == wanted]
        moved = "" if rows is None else told(rows)
        checks.append(
            dg.AssetCheckResult(
                check_name=name,
                passed=not moved,
                description=moved or None,
                metadata={} if rows is None else {"stability": _indices(rows.head(10))},
            )
        )
    return checks


def _indices(rows: pd.DataFrame) -> dg.MetadataValue:
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {"column": r["name"], "psi": round(r["psi"], 3), "moved": r["moved"], "moved_most": r["change"]}
            )
            for r in rows.to_dict("records")
        ],
        schema=dg.TableSchema(
            [
                dg.TableColumn("column", "string"),
                dg.TableColumn("psi", "float"),
                dg.TableColumn("moved", "bool"),
                dg.TableColumn("moved_most", "string"),
            ]
        ),
    )


def refused(snapshot: Snapshot, in_use: InUse, moved: list[str]) -> str:
    """Why nobody is scored, and the remedy."""
    month = f"{snapshot.month:%Y-%m}"
    return (
        f"{month}: its new customers are others than those that the model trained as of {in_use.trained_as_of} "
        f"knows: {'; '.join(moved)}. Nobody is scored; the month keeps what it had. Check what the source "
        f"delivered. If it is right: `CRM_RETRAIN=true crm refresh --months {month}` trains on today's customers, or "
        "raise CRM_SCORING_DRIFT_PSI."
    )


def predictions(
    session: Session, snapshot: Snapshot, settings: SettingsResource, in_use: InUse, customers: int
) -> Iterator[pd.DataFrame]:
    """The rows of the table, batch by batch."""
    claims = session.frame(
        """select segment_id, measure, category, direction, allowed, rank from segment_claims where month = :month
        order by segment_id, rank""",
        month=snapshot.month,
    )
    score = partial(scored, in_use=in_use, settings=settings, personas=settings.read_personas(), types=of_types(claims))
    in_use.model.trees  # noqa: B018 - read once, not by both threads
    with ThreadPoolExecutor(HALVES) as pool:
        for features in batches(session, customers):
            halves = [features.iloc[part] for part in np.array_split(np.arange(len(features)), HALVES)]
            parts = pool.map(score, [half for half in halves if len(half)])
            yield of_snapshot(pd.concat(parts, ignore_index=True), snapshot)


def scored(
    features: pd.DataFrame, *, in_use: InUse, settings: Settings, personas: Personas, types: pd.DataFrame
) -> pd.DataFrame:
    """The rows of the table without month and as_of.

    Args:
        features: new customers with the model's columns and ``own_interest``.
        types: of ``expectations.of_types``.
    """
    features = features.sort_values("customer_id", kind="stable", ignore_index=True)
    days = answered_days(in_use.model, settings.horizon_days)
    made = predict(in_use.model, features, horizon_days=days, floor=settings.min_probability)
    made = made.assign(
        receipts=features["receipts"],
        horizon_days=days,
        min_probability=settings.min_probability,
        trained_as_of=pd.Timestamp(in_use.trained_as_of),
        segment_name=made["segment_id"].map(lambda i: segment_name(i, personas, settings.language)),
    )
    why = reasons(in_use.model, asked(features, days))
    hoped = expectations(made, features["own_interest"], types)
    names = [c.name for c in columns(CONTRACTS[TABLE]) if c.name not in ("month", "as_of")]
    return made.join(why).join(hoped)[names]


def show(session: Session, snapshot: Snapshot, in_use: InUse | None, new_customers: int) -> dict[str, object]:
    shown: dict[str, object] = {"as_of": str(snapshot.as_of), "new customers": new_customers}
    if in_use is None:
        return shown | {"model": "none: too little history, nobody is predicted"}
    abstained = session.scalar(
        "select count(*) from new_customer_predictions where month = :month and abstained", month=snapshot.month
    )
    return shown | {
        "model": f"trained as of {in_use.trained_as_of}",
        "abstained": round(abstained / max(new_customers, 1), 3),
        "types": bars_of(
            session,
            """select segment_name, count(*) as customers from new_customer_predictions
            where month = :month and not abstained group by segment_name order by customers desc, segment_name""",
            "customers",
            total=float(max(new_customers, 1)),
            month=snapshot.month,
        ),
        "probability by number of receipts": table_of(
            session,
            """select receipts, count(*) as customers, round(sum(probability) / count(*), 3) as probability_mean,
                round(min(probability), 3) as lowest, round(max(probability), 3) as highest,
                sum(case when abstained then 1 else 0 end) as abstained
            from new_customer_predictions where month = :month group by receipts order by receipts""",
            month=snapshot.month,
        ),
        "expected": table_of(
            session,
            """select coalesce(loyalty, '–') as loyalty, coalesce(purchasing_power, '–') as purchasing_power,
                count(*) as customers, count(case when interest_source = 'own' then 1 end) as own_interest,
                count(case when interest_source = 'type' then 1 end) as interest_of_type
            from new_customer_predictions where month = :month
            group by loyalty, purchasing_power order by customers desc, loyalty, purchasing_power""",
            month=snapshot.month,
        ),
    }

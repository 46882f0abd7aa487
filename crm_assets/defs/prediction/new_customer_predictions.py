"""``new_customer_predictions``: the latent type of every new customer."""

import dagster as dg
import pandas as pd

from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.prediction.feature_drift import TYPES, told
from crm_assets.prediction.labelled import FEATURES
from crm_assets.prediction.model_of_month import InUse
from crm_assets.prediction.new_customers import TO_SCORE, drift, new_customers
from crm_assets.prediction.registry import model_in_use
from crm_assets.prediction.scoring import BATCH, scorer

FEATURES_STABLE, SHARES_STABLE = "features_stable", "shares_stable"
REMEDY = (
    "nobody is scored. Check what the source delivered. If it is right: `CRM_RETRAIN=true crm refresh --months …` "
    "trains on today's customers, or raise CRM_SCORING_DRIFT_PSI"
)


@table_asset(
    kinds={"lightgbm", "duckdb"},
    deps=[
        "lightgbm_model",
        "customer_lifecycles",
        *FEATURES,
        "segment_claims",
        "products",
        history("raw_transactions"),
    ],
    checks=(FEATURES_STABLE, SHARES_STABLE),
    also=["scoring_drift"],
)
def new_customer_predictions(month: Month):
    """One row per new customer: the most probable type `horizon_days` after its last known receipt, should it become an
    existing customer; the probability of every type, what weighed most, and what is to be expected: interest, loyalty
    and purchasing power. A model that has learned of fewer days is asked at the most that it knows. A month
    without a model predicts nobody; nor does one whose new customers are others than those that its model was made to
    score, where no new model could be trained: its checks fail, `scoring_drift` says what moved, and no lists of
    customers are written for it."""
    session, snapshot, settings = month.session, month.snapshot, month.settings
    require_covered(session, snapshot, "feature_table", "customer_lifecycles")
    in_use = model_in_use(session, month.first_day, settings)
    found = None if in_use is None else drift(session, snapshot, settings, in_use.model)
    checks = stable(found)
    for check in checks:
        yield from month.noted(check)
    scored = in_use is not None and all(check.passed for check in checks)
    customers = new_customers(session, snapshot, in_use)
    staged = month.stage_frames(())
    if scored:
        score = scorer(session, snapshot, settings, settings.read_personas(), in_use)
        staged = month.stage_scored(TO_SCORE, score, BATCH)
    moved = month.also("scoring_drift", [] if found is None else found)
    yield from month.publish(staged, lambda m: show(m, in_use, customers, scored=scored), also=[moved])


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
                description=f"{moved}: {REMEDY}." if moved else None,
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


def show(month: Month, in_use: InUse | None, new_customers: int, *, scored: bool) -> Shown:
    shown: dict[str, object] = {"new customers": new_customers}
    if in_use is None:
        return shown | {"model": "none: too little history, nobody is predicted"}
    if not scored:
        return shown | {"model": f"trained as of {in_use.trained_as_of}; {REMEDY}"}
    abstained = month.scalar("select count(*) from new_customer_predictions where month = :month and abstained")
    return shown | {
        "model": f"trained as of {in_use.trained_as_of}",
        "abstained": round(abstained / max(new_customers, 1), 3),
        "types": month.as_bars(
            """select segment_name, count(*) as customers from new_customer_predictions
            where month = :month and not abstained group by segment_name order by customers desc, segment_name""",
            "customers",
            total=float(max(new_customers, 1)),
        ),
        "probability by number of receipts": month.as_table(
            """select receipts, count(*) as customers, round(sum(probability) / count(*), 3) as probability_mean,
                round(min(probability), 3) as lowest, round(max(probability), 3) as highest,
                sum(case when abstained then 1 else 0 end) as abstained
            from new_customer_predictions where month = :month group by receipts order by receipts""",
        ),
        "expected": month.as_table(
            """select coalesce(loyalty, '–') as loyalty, coalesce(purchasing_power, '–') as purchasing_power,
                count(*) as customers, count(case when interest_source = 'own' then 1 end) as own_interest,
                count(case when interest_source = 'type' then 1 end) as interest_of_type
            from new_customer_predictions where month = :month
            group by loyalty, purchasing_power order by customers desc, loyalty, purchasing_power""",
        ),
    }

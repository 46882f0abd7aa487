"""``lightgbm_model``: the model of the latent type, trained for new customers."""

from dataclasses import dataclass, replace

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.model_metrics import OF_TRAINING
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.prediction.labelled import READ, labelled_rows_of, labels
from crm_assets.defs.prediction.new_customers import drifted, reference
from crm_assets.defs.prediction.registry import earlier_model, last_attempt, write_model
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import Rows, month_rows, of_snapshot, publish, table_asset
from crm_assets.months import Snapshot, month_of, months_between
from crm_assets.prediction.evaluation import drawn_customers
from crm_assets.prediction.model_of_month import Decision, InUse, Trained, decide, other_columns, train_and_judge
from crm_assets.prediction.model_rows import CUTS
from crm_assets.prediction.promotion import Verdict, answers, falls_short, verdict
from crm_assets.warehouse import Session

TABLE = "lightgbm_model"
OWN_METRICS = f"protocol in {OF_TRAINING}"


@dataclass(frozen=True)
class Attempt:
    """A model trained this month, the cut rows that it learned from, and whether it is used."""

    trained: Trained
    rows: pd.DataFrame
    verdict: Verdict


@table_asset(
    TABLE,
    group="prediction",
    kinds=frozenset({"lightgbm", "duckdb"}),
    deps=[*READ],
    condition=on_new_months(),
)
def lightgbm_model(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """One row: the model that the month uses and why. Every `retrain_every_months` months, by hand, or when types,
    columns or new customers have changed, a new one is trained on the first 1, 2 and 3 receipts of existing customers.
    It is used when it beats the one in use on customers whom neither has learned from; where the two cannot be
    compared, when it beats the baselines. Its figures go into `model_metrics` under both protocols: *seed*, judged on
    whole histories as S0 did, and *cold_start*, judged on first receipts."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        types, earlier = labels(session, snapshot), earlier_model(session, snapshot, settings)
        moved = drifted(session, snapshot, settings, earlier)
        tried, anew = last_attempt(session, snapshot), _refitted(session, snapshot, earlier)
        decision = decide(types, earlier, tried, settings, snapshot.as_of, moved, refitted=anew)
        in_use, attempt, status, reason = earlier, None, decision.status, decision.reason
        if decision.status == "train":
            attempt = _attempt(session, snapshot, types, decision, earlier, settings)
            status, reason = _status(attempt, earlier), attempt.verdict.reason
        if status == "trained":
            model = attempt.trained.model
            made_for = reference(session, snapshot, settings, model, attempt.rows, earlier)
            in_use = write_model(replace(model, reference=made_for), snapshot.as_of, settings)
        row = _row(status, reason, in_use if status != "none" else None, attempt)
        staged = session.stage_frame(CONTRACTS[TABLE], of_snapshot(pd.DataFrame([row]), snapshot))
        also = [_metrics(session, snapshot, attempt)]
        yield from publish(context, session, staged, lambda s: show(s, snapshot, row), also=also)


def _attempt(
    session: Session,
    snapshot: Snapshot,
    types: pd.Series,
    decision: Decision,
    in_use: InUse | None,
    settings: SettingsResource,
) -> Attempt:
    """Train on a sample of customers, and judge the model against the one in use."""
    customers = settings.max_training_rows // len(CUTS) - types.nunique()  # rounding may add one of each type
    drawn = drawn_customers(types, customers, folds=settings.evaluation_folds, seed=settings.seed)
    rows = labelled_rows_of(session, snapshot, drawn.index, settings)
    trained = train_and_judge(rows, settings)
    found, unseen, months_in_use, short = None, [], 0, None
    if in_use is not None and _knows_types_of(in_use, trained) and not other_columns(in_use.model, settings):
        found = answers(trained.judged, rows, in_use.model)
        unseen, months_in_use = _unseen(session, snapshot, in_use), months_between(in_use.trained_as_of, snapshot.as_of)
        short = falls_short(in_use.model, trained.model, settings.horizon_days)
    judged = verdict(
        decision, trained.figures, found, unseen, months_in_use=months_in_use, short=short, seed=settings.seed
    )
    return Attempt(trained, rows[rows["cutoff"].isin(CUTS)], judged)


def _refitted(session: Session, snapshot: Snapshot, in_use: InUse | None) -> bool:
    """Whether the month's types were fitted after the model in use was trained."""
    fitted = session.scalar("select max(fitted_as_of) from cluster_models where month = :month", month=snapshot.month)
    return in_use is not None and fitted is not None and fitted > in_use.trained_as_of


def _knows_types_of(in_use: InUse, trained: Trained) -> bool:
    return set(trained.model.classes) <= set(in_use.model.classes)


def _unseen(session: Session, snapshot: Snapshot, in_use: InUse) -> list[str]:
    """The existing customers who were not existing yet when the model in use was trained.

    Raises:
        ValueError: it is not known who was.
    """
    then = month_of(in_use.trained_as_of)
    if not session.scalar("select count(*) from feature_table where month = :then and cutoff = '1'", then=then):
        raise ValueError(
            f"feature_table has no existing customers of {then:%Y-%m}, when {in_use.path} was trained, so it is not "
            f"known whom the model has learned from. Make the month anew: `crm refresh --months {then:%Y-%m}`."
        )
    found = session.rows(
        """select now.customer_id from feature_table now
        left join feature_table known on known.month = :then and known.cutoff = '1'
            and known.customer_id = now.customer_id
        where now.month = :month and now.cutoff = '1' and known.customer_id is null""",
        month=snapshot.month,
        then=then,
    )
    return [customer for (customer,) in found]


def _status(attempt: Attempt, in_use: InUse | None) -> str:
    """``none`` where the new model is not used and there is no other that knows the types of today."""
    if attempt.verdict.promoted:
        return "trained"
    return "kept" if in_use is not None and _knows_types_of(in_use, attempt.trained) else "none"


def _row(status: str, reason: str, in_use: InUse | None, attempt: Attempt | None) -> dict[str, object]:
    model = in_use.model if in_use else None
    return {
        "status": status,
        "reason": reason,
        "trained_as_of": pd.Timestamp(in_use.trained_as_of) if in_use else pd.NaT,
        "customers": model.customers if model else 0,
        "rows": model.rows if model else 0,
        "features": ",".join(model.features) if model else "",
        "unavailable": ",".join(model.unavailable) if model else "",
        "challenger_macro_f1": attempt.verdict.challenger if attempt else None,
        "incumbent_macro_f1": attempt.verdict.incumbent if attempt else None,
        "compared_customers": attempt.verdict.customers if attempt else 0,
        "path": in_use.path if in_use else None,
        "sha256": in_use.sha256 if in_use else None,
    }


def _metrics(session: Session, snapshot: Snapshot, attempt: Attempt | None) -> Rows:
    """The figures of the model trained this month, used or not."""
    return month_rows(session, "model_metrics", snapshot, attempt.trained.figures if attempt else [], OWN_METRICS)


def show(session: Session, snapshot: Snapshot, row: dict[str, object]) -> dict[str, object]:
    trained = row["trained_as_of"]
    shown: dict[str, object] = {"as_of": str(snapshot.as_of), "status": row["status"], "reason": row["reason"]}
    for name in ("challenger_macro_f1", "incumbent_macro_f1"):
        if row[name] is not None:
            shown[name.replace("_", " ")] = round(float(row[name]), 3)
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

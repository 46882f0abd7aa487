"""``lead_model``: which leads become customers."""

from datetime import date

import pandas as pd

from crm_assets.contracts.model_metrics import own_rows
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.leads.feature_rows import known_of_month
from crm_assets.leads.judged import KnownLeads
from crm_assets.leads.known import any_lead
from crm_assets.leads.lead_model import LeadModel
from crm_assets.leads.registry import REGISTRY
from crm_assets.leads.training import train
from crm_assets.months import month_of, months_between

COLUMNS = (
    "status", "reason", "trained_as_of", "candidate", "split", "known", "rows", "converted_share", "features",
    "threshold", "path", "sha256",
)  # fmt: skip


@table_asset(
    deps=["leads", "lead_columns", "lead_features"],
    kinds={"lightgbm", "scikitlearn", "duckdb"},
    also=["model_metrics"],
    builds_on_month_before=True,
)
def lead_model(month: Month):
    """Trained on the leads whose outcome is known by as_of. The base rate, a logistic regression and LightGBM, with and
    without the text of the messages, are compared on validation leads; the best is kept with the threshold that gives
    the highest F1 there. Win rates are out of fold, companies stay together where there are enough, and no id is
    read. The figures (`model_metrics`) are of folds that had no part in that: dealt by company, by sales person, at
    random. But suspected columns were dropped by all known outcomes, and the splits after the first compare only the
    base rate, the logistic regression and the one that the first chose."""
    rows, told, model = [], [], None
    if any_lead(month.session, month.as_of):
        row, told, model = of_month(month)
        rows = [row]
        if row["status"] == "none":
            month.tell(str(row["reason"]))
    metrics = month.also("model_metrics", told, own_rows(month.name))
    staged = month.stage_frame(pd.DataFrame(rows, columns=list(COLUMNS)))
    yield from month.publish(staged, lambda m: show(m, model), also=[metrics])


def of_month(month: Month) -> tuple[dict[str, object], list[dict[str, object]], LeadModel | None]:
    """The month's row, its figures, its model."""
    settings = month.settings
    leads, _ = known_of_month(month.session, month.first_day, month.as_of, settings)
    known, told = leads.take(leads.converted >= 0), []
    model, status, reason = REGISTRY.before(month.session, month.first_day, settings), *("trained", "")
    if model is not None:
        status, reason = still_good(model, leads, month)
    if status == "trained" and (reason := too_few(known, month)):
        model, status = None, "none"
    if status == "trained":
        newest = newest_of(known, month)
        model, told = train(newest, trained_as_of=month.as_of.isoformat(), seed=settings.seed)
        reason = f"trained on {model.rows:,} leads: {model.candidate} has the highest PR-AUC on validation leads"
    row: dict[str, object] = {"status": status, "reason": reason, "known": len(known)}
    if model is not None:
        row |= {name: getattr(model, name) for name in ("candidate", "split", "rows", "converted_share", "threshold")}
        row |= {"trained_as_of": date.fromisoformat(model.trained_as_of), "features": len(model.kinds)}
        row |= REGISTRY.write(model.trained_as_of, model.to_json(), settings)
    return row, told, model


def still_good(model: LeadModel, leads: KnownLeads, month: Month) -> tuple[str, str]:
    """``reused`` or ``trained``, and why."""
    age = months_between(month_of(date.fromisoformat(model.trained_as_of)), month.first_day)
    due = month.settings.lead_retrain_every_months
    if age >= due or dict(model.kinds) != leads.kinds or month.settings.retrain:
        return "trained", ""
    return "reused", f"reused: trained {age} months ago, {due} are due"


def too_few(known: KnownLeads, month: Month) -> str:
    """Why nothing can be learned; empty where it can."""
    needed, won = month.settings.lead_min_outcomes, int(known.converted.sum())
    if min(won, len(known) - won) >= needed:
        return ""
    return (
        f"{len(known):,} leads have a known outcome, of which {won:,} converted; {needed} of either are needed "
        "(lead_min_outcomes): no model yet, nobody is scored"
    )


def newest_of(known: KnownLeads, month: Month) -> KnownLeads:
    """Of many leads the newest."""
    most = month.settings.lead_max_training_rows
    if len(known) <= most:
        return known
    days = dict(month.rows("select lead_id, created_at from leads where created_at <= :as_of"))
    order = sorted(known.features.index, key=lambda lead: (days[lead], lead), reverse=True)
    return known.take(known.features.index.isin(order[:most]))


def show(month: Month, model: LeadModel | None) -> Shown:
    found = month.rows("select status, reason from lead_model where month = :month")
    if not found:
        return {}
    shown: dict[str, object] = dict(zip(("status", "reason"), found[0], strict=True))
    if model is None:
        return shown
    return shown | {
        "threshold": round(model.threshold, 3),
        "candidate": model.candidate,
        "figures of known leads": month.as_table(
            """select protocol, model,
                max(case when metric = 'f1' then round(value, 3) end) as f1,
                max(case when metric = 'pr_auc' then round(value, 3) end) as pr_auc,
                max(case when metric = 'lift_top_decile' then round(value, 2) end) as lift
            from model_metrics
            where month = :month and protocol in ('lead_random', 'lead_company', 'lead_owner')
            group by protocol, model having max(case when metric = 'f1' then 1 end) = 1
            order by protocol, pr_auc desc"""
        ),
    }

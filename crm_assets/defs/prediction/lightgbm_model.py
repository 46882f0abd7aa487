"""``lightgbm_model``: the model of the latent type, trained for new customers."""

from dataclasses import replace

import pandas as pd

from crm_assets.contracts.model_metrics import own_rows
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.prediction.labelled import READ, labels
from crm_assets.prediction.model_of_month import decide
from crm_assets.prediction.new_customers import drifted, reference
from crm_assets.prediction.registry import earlier_model, last_attempt, write_model
from crm_assets.prediction.training import attempt, refitted, registry_row, status_of


@table_asset(
    kinds={"lightgbm", "duckdb"},
    deps=[
        *(table for table in READ if table != "customer_lifecycles"),
        history("customer_lifecycles"),  # who was existing when the model in use was trained
    ],
    builds_on_month_before=True,
    also=["model_metrics"],
)
def lightgbm_model(month: Month):
    """One row: the model that the month uses and why. Every `retrain_every_months` months, by hand, or when types,
    columns or new customers have changed, a new one is trained on the first 1, 2 and 3 receipts of existing customers.
    It is used when it beats the one in use on customers whom neither has learned from; where the two cannot be
    compared, when it beats the baselines. Its figures go into `model_metrics` under both protocols: *seed*, judged on
    whole histories as S0 did, and *cold_start*, judged on first receipts."""
    session, snapshot, settings = month.session, month.snapshot, month.settings
    types, earlier = labels(session, snapshot), earlier_model(session, month.first_day, settings)
    moved = drifted(session, snapshot, settings, earlier)
    tried, anew = last_attempt(session, month.first_day), refitted(session, month.first_day, earlier)
    decision = decide(types, earlier, tried, settings, month.as_of, moved, refitted=anew)
    in_use, tried_now, status, reason = earlier, None, decision.status, decision.reason
    if decision.status == "train":
        tried_now = attempt(session, snapshot, types, decision, earlier, settings)
        status, reason = status_of(tried_now, earlier), tried_now.verdict.reason
    if status == "trained":
        model = tried_now.trained.model
        made_for = reference(session, snapshot, settings, model, tried_now.rows, earlier)
        in_use = write_model(replace(model, reference=made_for), month.as_of, settings)
    row = registry_row(status, reason, in_use if status != "none" else None, tried_now)
    figures = month.also("model_metrics", tried_now.trained.figures if tried_now else [], own_rows(month.name))
    yield from month.publish(month.stage_frame(pd.DataFrame([row])), lambda m: show(m, row), also=[figures])


def show(month: Month, row: dict[str, object]) -> Shown:
    trained = row["trained_as_of"]
    shown: dict[str, object] = {"status": row["status"], "reason": row["reason"]}
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
    for part, value in month.rows(
        """select slice, value from model_metrics where as_of = cast(:trained as date) and model = 'latent_type'
        and protocol = 'cold_start' and metric = 'macro_f1' order by slice""",
        trained=str(trained.date()),
    ):
        shown[f"macro-F1, {part} receipts"] = round(float(value), 3)
    return shown | {
        "trained as of": str(trained.date()),
        "figures": month.as_table(sql, trained=str(trained.date())),
        "unavailable columns": row["unavailable"] or "none",
        "file": str(row["path"]),
    }

"""``prediction_outcomes``: the type that was named for a new customer, and the one that came true."""

from collections.abc import Iterable

import dagster as dg
import pandas as pd

from crm_assets import pictures
from crm_assets.contracts.model_metrics import own_rows
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.months import month_of
from crm_assets.prediction.evaluation import MODEL
from crm_assets.prediction.outcomes import COLUMNS, by_slice, by_type, figures
from crm_assets.prediction.registry import model_in_use
from crm_assets.warehouse import OutOfStep, read_query


@table_asset(
    deps=[
        history("new_customer_predictions"),
        history("lightgbm_model"),
        history("cluster_assignments"),
        history("customer_lifecycles"),
        "calendar",
    ],
    also=["model_metrics"],
)
def prediction_outcomes(month: Month):
    """Only customers who came to be existing have an outcome, and soon after they did: most of them are then of a type
    with few visits, so accuracy is high and macro-F1 low for everybody. Its figures, beside majority and prior, go into
    `model_metrics` (protocol `later_month`); those of a month take in every outcome known by its end."""
    _require_lifecycles(month)
    since = month_of(month.snapshot.history_start)
    month.execute(f"create or replace temp table known_outcomes as {read_query(month.name)}", since=since)
    known = month.frame(f"select {', '.join(COLUMNS)} from known_outcomes")
    shares = _shares(month, known["predicted_month"].sort_values().unique())
    found = figures(known, shares, seed=month.settings.seed)
    staged = month.stage("select * from known_outcomes where month = :month")
    also = [month.also("model_metrics", found, own_rows(month.name))]
    yield from month.publish(staged, lambda _: show(known, found), also=also)


def _require_lifecycles(month: Month) -> None:
    """The types of a month without lifecycles would be passed over in silence.

    Raises:
        OutOfStep: a month up to this one has types, but does not say whose; names it and the remedy.
    """
    then = month.scalar(
        """select min(a.month) from (select distinct month from cluster_assignments where month <= :month) a
        left join (select distinct month from customer_lifecycles) l on l.month = a.month where l.month is null"""
    )
    if then is not None:
        raise OutOfStep(
            f"customer_lifecycles holds nobody in {then:%Y-%m}, though customers have types then. Make it first: "
            f"`crm refresh --months {then:%Y-%m} --select customer_lifecycles`."
        )


def _shares(month: Month, predicted: Iterable[pd.Timestamp]) -> pd.DataFrame:
    """Per month of predictions the types' shares among the customers that its model was trained on.

    Raises:
        OutOfStep: a month with predictions has no model.
    """
    shares = {}
    for then in predicted:
        in_use = model_in_use(month.session, then.date(), month.settings)
        if in_use is None:
            raise OutOfStep(
                f"lightgbm_model of {then:%Y-%m} names no model, though customers were predicted then. Make the month "
                f"again: `crm refresh --months {then:%Y-%m} --select lightgbm_model,new_customer_predictions`."
            )
        shares[then] = dict(in_use.model.shares)
    return pd.DataFrame.from_dict(shares, orient="index")


def show(known: pd.DataFrame, found: pd.DataFrame) -> Shown:
    shown: dict[str, object] = {"outcomes so far": len(known)}
    pooled = found[(found["model"] == MODEL) & (found["metric"] == "macro_f1")].set_index("slice")["value"]
    for outcome in sorted(known["outcome"].unique()):
        shown[f"macro-F1, {outcome}"] = round(float(pooled[f"{outcome}/all"]), 3)
        table = pictures.table(by_slice(found, outcome).round(3))
        shown[f"{outcome}: by month of the prediction; by receipts and all: each customer once"] = dg.MetadataValue.md(
            table
        )
    return shown | {"types that came true": dg.MetadataValue.md(pictures.table(by_type(known).round(3)))}

"""``dormancy_model``: who will buy nothing in the days to come."""

from datetime import date

import pandas as pd

from crm_assets.coverage import known_until
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.months import month_of, months_between
from crm_assets.retention.dormancy_model import MODEL, MOST_ROWS, DormancyModel, train
from crm_assets.retention.dormancy_registry import REGISTRY
from crm_assets.warehouse import read_query


@table_asset(
    deps=[history("dormancy_features"), history("receipts"), "calendar"],
    kinds={"scikitlearn", "duckdb"},
    builds_on_month_before=True,
)
def dormancy_model(month: Month):
    """A logistic regression on the snapshots of earlier months whose answer is known by as_of: no purchase within
    `dormancy_horizon_days`. Features end where a snapshot ends, the answer begins the day after. Each simple rule is
    calibrated on the same rows, so that it can be set beside the model (`dormancy_evidence`) and take its place."""
    settings = month.settings
    earlier = REGISTRY.before(month.session, month.first_day, settings)
    model, status, reason = earlier, *still_good(earlier, month)
    if status == "trained":
        model, status, reason = trained(month)
    if status == "none":
        month.tell(reason)
    row = {"status": status, "reason": reason, "horizon_days": settings.dormancy_horizon_days}
    if model is not None and status != "none":
        row |= {
            "trained_as_of": date.fromisoformat(model.trained_as_of),
            "last_known_as_of": date.fromisoformat(model.last_known_as_of),
            "rows": model.rows,
            "dormant_share": model.dormant_share,
            **REGISTRY.write(model.trained_as_of, model.to_json(), settings),
        }
    yield from month.publish(month.stage_frame(pd.DataFrame([row], columns=COLUMNS)), lambda _: show(row, model))


# Of a large shop a draw: a million customers in six snapshots are a gigabyte of rows.
_DRAWN = """select f.*, a.dormant
    from (
        select *, row_number() over (
            order by md5(concat(cast(:seed as varchar), ' ', customer_id, ' ', cast(month as varchar))),
                customer_id, month
        ) as place
        from known_answers
    ) a
    join dormancy_features f on f.month = a.month and f.customer_id = a.customer_id
    where a.place <= :most order by f.month, f.customer_id"""

COLUMNS = (
    "status", "reason", "trained_as_of", "horizon_days", "last_known_as_of", "rows", "dormant_share", "path", "sha256",
)  # fmt: skip


def still_good(earlier: DormancyModel | None, month: Month) -> tuple[str, str]:
    """``reused`` or ``trained``, and why."""
    settings = month.settings
    if earlier is None or earlier.horizon_days != settings.dormancy_horizon_days or settings.retrain:
        return "trained", ""
    age = months_between(month_of(date.fromisoformat(earlier.trained_as_of)), month.first_day)
    if age >= settings.dormancy_retrain_every_months:
        return "trained", ""
    return "reused", f"reused: trained {age} months ago, {settings.dormancy_retrain_every_months} are due"


def trained(month: Month) -> tuple[DormancyModel | None, str, str]:
    """A model of what is known by the end of the month; None where that is too little."""
    settings = month.settings
    known_days = known_until(month.session, month.first_day, month.as_of)
    answers = f"create or replace temp table known_answers as {read_query('dormancy_answers')}"
    month.execute(answers, known_until=known_days)
    ((snapshots, known, dormant),) = month.rows(
        "select count(distinct month), count(*), coalesce(sum(dormant), 0) from known_answers"
    )
    if snapshots < settings.dormancy_min_snapshots:
        needed = f"{settings.dormancy_min_snapshots} are needed (dormancy_min_snapshots)"
        reason = f"snapshots whose answer is known: {snapshots}; {needed}{of_another_horizon(month)}: no model yet"
        return None, "none", reason
    if min(dormant, known - dormant) < settings.dormancy_min_customers:
        both = f"{known - dormant:,} customers who came back and {dormant:,} who did not"
        return None, "none", f"{both} are known, fewer than {settings.dormancy_min_customers} of a kind: no model yet"
    rows = month.frame(_DRAWN, seed=settings.seed, most=MOST_ROWS)
    model = train(
        rows,
        rows["dormant"].to_numpy(dtype=int),
        trained_as_of=month.as_of.isoformat(),
        horizon_days=settings.dormancy_horizon_days,
        last_known_as_of=str(rows["as_of"].max().date()),
    )
    return model, "trained", f"trained on {model.rows:,} customers of {snapshots} snapshots whose answer is known"


def of_another_horizon(month: Month) -> str:
    """Why earlier months do not count, where they were made before dormancy_horizon_days was changed."""
    (made,) = month.rows(
        """select count(distinct month), min(month), max(month) from dormancy_features
        where month < :month and horizon_days <> :dormancy_horizon_days"""
    )
    if not made[0]:
        return ""
    return f"; {made[0]} are of another dormancy_horizon_days: crm refresh --months {made[1]:%Y-%m}:{made[2]:%Y-%m}"


def show(row: dict[str, object], model: DormancyModel | None) -> Shown:
    shown: dict[str, object] = {"status": row["status"], "reason": row["reason"]}
    if model is None or row["status"] == "none":
        return shown
    line = model.lines[MODEL]
    heavy = sorted(zip(line.columns, line.weights, strict=True), key=lambda one: -abs(one[1]))
    return shown | {
        "dormant share learned": round(model.dormant_share, 3),
        "heaviest columns": ", ".join(f"{name} {weight:+.2f}" for name, weight in heavy[:8]),
        "file": str(row["path"]),
    }

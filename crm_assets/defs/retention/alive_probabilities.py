"""``alive_probabilities``: who is still a customer, by a buy-till-you-die model."""

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.retention import btyd
from crm_assets.warehouse import read_query

FEWEST_REPEATERS = 50  # with a second purchase date; below, four parameters say nothing


@table_asset(deps=[history("receipts"), "calendar"], kinds={"scipy", "duckdb"}, also=["btyd_models"])
def alive_probabilities(month: Month):
    """MBG/NBD (Batislam, Denizel and Filiztekin 2007), fitted by maximum likelihood on everybody's purchase dates since
    history_start; its parameters are in `btyd_models`. After each purchase, the first included, a customer may be gone,
    so a one-time buyer's probability is below 1 and falls with the days since. Where fewer than 50 customers came again
    there is no model."""
    customers = month.frame(read_query(month.name))
    model, reason = fitted(customers)
    seen = [customers[name].to_numpy(dtype=float) for name in ("repeat_dates", "last_repeat_days", "age_days")]
    days = month.settings.dormancy_horizon_days
    given = customers.assign(
        horizon_days=days,
        p_alive=btyd.p_alive(model, *seen) if model else None,
        p_silent=btyd.p_silent(model, *seen, days) if model else None,
    ).astype({"p_alive": "float64", "p_silent": "float64"})
    row = {"status": "fitted" if model else "none", "reason": reason, "customers": len(customers)}
    row |= {"repeaters": int((customers["repeat_dates"] > 0).sum())}
    row |= {name: getattr(model, name, None) for name in ("r", "alpha", "a", "b", "log_likelihood")}
    also = [month.also("btyd_models", [row])]
    yield from month.publish(month.stage_frame(given), lambda m: show(m, row), also=also)


def fitted(customers: pd.DataFrame) -> tuple[btyd.MbgNbd | None, str]:
    """The model of the customers, or None, and why."""
    repeaters = int((customers["repeat_dates"] > 0).sum())
    if repeaters < FEWEST_REPEATERS:
        return None, f"{repeaters:,} customers came again, fewer than {FEWEST_REPEATERS}: no model"
    groups = customers.groupby(["repeat_dates", "last_repeat_days", "age_days"], sort=True).size().reset_index(name="n")
    model = btyd.fit(*(groups[name] for name in ("repeat_dates", "last_repeat_days", "age_days", "n")))
    return model, f"fitted on {len(customers):,} customers, of whom {repeaters:,} came again"


def show(month: Month, row: dict[str, object]) -> Shown:
    shown: dict[str, object] = {"status": row["status"], "reason": row["reason"]}
    if row["status"] == "none":
        return shown
    return shown | {
        "log-likelihood": round(float(row["log_likelihood"]), 2),
        "parameters": month.as_table(
            """select round(r, 4) as r, round(alpha, 2) as alpha_days, round(a, 5) as a, round(b, 3) as b
            from btyd_models where month = :month"""
        ),
        "by purchase dates": month.as_table(
            """select case when repeat_dates < 3 then cast(repeat_dates + 1 as varchar) else '4+' end as dates,
                count(*) as customers, round(avg(p_alive), 3) as mean_p_alive, round(min(p_alive), 3) as least,
                round(max(p_alive), 3) as most, round(avg(p_silent), 3) as mean_p_silent
            from alive_probabilities where month = :month group by 1 order by 1"""
        ),
    }

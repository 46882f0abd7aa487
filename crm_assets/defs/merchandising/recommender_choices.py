"""``recommender_choices``: which recommender serves."""

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.judging import ALL, best_of
from crm_assets.merchandising.recommenders import RECENT

JUDGED = """select month, recommender, map_at_10 from recommender_evidence
    where slice = :slice and month in (
        select month from (select distinct month from recommender_evidence where month <= :month) m
        order by month desc limit :recommender_evidence_months
    ) order by month, recommender"""


IN_USE = "select recommender from recommender_choices where month = :month_before and months > 0"


@table_asset(deps=[history("recommender_evidence")], builds_on_month_before=True)
def recommender_choices(month: Month):
    """The largest mean MAP@10 over the newest `recommender_evidence_months` judged; the one in use stays unless another
    was better by `recommender_change_margin`. While no month is judged, what many bought lately is recommended."""
    judged = month.frame(JUDGED, slice=ALL)
    in_use = [name for (name,) in month.rows(IN_USE)]
    row = choice(judged, in_use[0] if in_use else None, month.settings.recommender_change_margin)
    yield from month.publish(month.stage_frame(pd.DataFrame([row])), lambda m: show(m, row))


def choice(judged: pd.DataFrame, in_use: str | None, margin: float) -> dict[str, object]:
    """The row of the table.

    Args:
        judged: month, recommender, map_at_10 of the months that count.
        in_use: what served the month before, once some month was judged; margin: share of its mean by which another
            must be better.
    """
    nothing = {"map_at_10": None, "runner_up": None, "runner_up_map_at_10": None}
    months = sorted(judged["month"].unique())
    if not months:
        return {
            "recommender": RECENT,
            "reason": "no month is judged yet: what many bought lately",
            "months": 0,
        } | nothing
    means = best_of(judged)
    kept = in_use in means.index and means.iloc[0] < means[in_use] * (1 + margin)
    if kept:
        means = pd.concat([means[[in_use]], means.drop(in_use)])
    of = f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}" if len(months) > 1 else f"{months[0]:%Y-%m}"
    return {
        "recommender": means.index[0],
        "reason": f"{'kept, ' if kept else ''}MAP@10 {means.iloc[0]:.4f} in {of}; {means.index[1]} {means.iloc[1]:.4f}",
        "months": len(months),
        "map_at_10": means.iloc[0],
        "runner_up": means.index[1],
        "runner_up_map_at_10": means.iloc[1],
    }


def show(month: Month, row: dict[str, object]) -> Shown:
    return {
        "recommender": str(row["recommender"]),
        "reason": str(row["reason"]),
        "months judged": int(str(row["months"])),
    }

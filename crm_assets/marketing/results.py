"""What campaigns did: from the sums of their arms to differences, tests and verdicts.

How the sums are made is ``sql/campaign_outcomes.sql``, the statistics are ``statistics.experiments``; here is what is
tested together, and what may be said.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from crm_assets.contracts.audiences import CONTROL, TREATMENT
from crm_assets.contracts.campaign_results import METRICS
from crm_assets.statistics.evidence import FDR, benjamini_hochberg
from crm_assets.statistics.experiments import (
    SRM_ALARM,
    Arm,
    Difference,
    conversion_difference,
    cuped,
    srm,
    welch_difference,
)
from crm_assets.warehouse import Session

ALL = "all"  # the row of everybody, beside those of the types
CONVERSION, SPEND, SPEND_CUPED = METRICS
BETTER, WORSE, UNDECIDED, TOO_FEW, BROKEN = "better", "worse", "undecided", "too_few", "broken"
PLACE = ["campaign_id", "segment_id"]
OF_CAMPAIGN = ["strategy_id", "kpi", "holdout_share"]
COUNTS = ["customers", "converted"]
SUMS = ["spend", "spend_squares", "spend_before", "spend_before_squares", "spend_products"]
ROWS = [*PLACE, "arm", *OF_CAMPAIGN, *COUNTS, "told", *SUMS]
FIGURES = ["treatment_mean", "control_mean", "difference", "difference_low", "difference_high", "lift", "p"]


def read_outcomes(session: Session, month: object) -> pd.DataFrame:
    """The month's rows of campaign_outcomes; sums stay Decimals: doubles would lose what variances are made of."""
    rows = session.rows(f"select {', '.join(ROWS)} from campaign_outcomes where month = :month", month=month)
    return pd.DataFrame(rows, columns=ROWS, dtype=object)


def campaign_results(outcomes: pd.DataFrame) -> pd.DataFrame:
    """A row per campaign, segment and metric, with the columns of ``campaign_results`` but for month and as_of.

    A campaign whose arms' sizes are not those planned, or of whose held-out customers any was told, is broken: its
    figures stand, its tests are left out, also of the correction of the others.

    Args:
        outcomes: of ``read_outcomes``; an arm without a row has no customers.
    """
    outcomes = outcomes.sort_values([*PLACE, "arm"])
    of_place = outcomes.drop_duplicates(PLACE).set_index(PLACE)
    treated, held = (_arm(outcomes, arm, of_place.index) for arm in (TREATMENT, CONTROL))
    found = of_place[["strategy_id", "kpi"]].assign(
        treatment=treated["customers"].astype("int64"),
        control=held["customers"].astype("int64"),
        srm_p=srm(treated["customers"], held["customers"], of_place["holdout_share"]),
        control_told=held["told"].astype("int64"),
    )
    found = found.reset_index()
    found["broken"] = found["campaign_id"].isin(_broken(found))
    both = pd.concat([_measured(found, metric, treated, held) for metric in METRICS], ignore_index=True)
    both["p_adjusted"] = _adjusted(both)
    both["verdict"] = _verdicts(both)
    return both.drop(columns=["broken", "control_told"]).sort_values([*PLACE, "metric"], ignore_index=True)


def _arm(outcomes: pd.DataFrame, arm: str, places: pd.MultiIndex) -> pd.DataFrame:
    rows = outcomes[outcomes["arm"] == arm].set_index(PLACE)[[*COUNTS, "told", *SUMS]].reindex(places)
    return rows.where(rows.notna(), 0)


def _broken(found: pd.DataFrame) -> set[str]:
    whole = found[found["segment_id"] == ALL]
    return set(whole.loc[(whole["srm_p"] < SRM_ALARM) | (whole["control_told"] > 0), "campaign_id"])


def _measured(found: pd.DataFrame, metric: str, treated: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    compared: dict[str, Callable[[], Difference]] = {
        CONVERSION: partial(
            conversion_difference, *(rows[name] for rows in (treated, held) for name in ("converted", "customers"))
        ),
        SPEND: partial(welch_difference, _sums(treated), _sums(held)),
        SPEND_CUPED: partial(cuped, _sums(treated), _sums(held)),
    }
    of = compared[metric]()
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.where(of.control > 0, of.difference / of.control, np.nan)
    figures = dict(
        zip(FIGURES, (of.treatment, of.control, of.difference, of.low, of.high, lift, of.p), strict=True),
        variance_reduction=of.variance_reduction,
    )
    rows = found.assign(metric=metric, **figures)
    rows.loc[rows["broken"], ["difference_low", "difference_high", "p"]] = np.nan
    return rows


def _sums(rows: pd.DataFrame) -> Arm:
    return Arm.of_sums(rows["customers"], *(rows[name] for name in SUMS))


def _adjusted(rows: pd.DataFrame) -> pd.Series:
    """Over the types of all the month's campaigns, and over the campaigns, each by metric: a reader looks at all,
    and thirty campaigns of a type or two each would find something in every month."""
    families = [rows["metric"], rows["segment_id"] == ALL]
    return rows.groupby(families)["p"].transform(lambda p: benjamini_hochberg(p.to_numpy()))


def _verdicts(rows: pd.DataFrame) -> np.ndarray:
    sure = rows["p_adjusted"] < FDR
    return np.select(
        [rows["broken"], rows["p"].isna(), sure & (rows["difference"] > 0), sure & (rows["difference"] < 0)],
        [BROKEN, TOO_FEW, BETTER, WORSE],
        UNDECIDED,
    )

"""Planted tables of the section on campaigns that ended."""

from __future__ import annotations

from datetime import date

import pandas as pd

NAN = float("nan")
CAMPAIGNS = {  # kpi, first and last day
    "2021-10-win_back": ("purchase", date(2021, 11, 1), date(2021, 12, 10)),
    "2021-11-basket": ("spend", date(2021, 12, 1), date(2021, 12, 28)),
    "2021-11-leaked": ("purchase", date(2021, 12, 1), date(2021, 12, 28)),
    "2021-11-lost": ("wallet_payment", date(2021, 12, 1), date(2021, 12, 28)),
    "2021-11-skewed": ("online_purchase", date(2021, 12, 1), date(2021, 12, 28)),
}


def result_tables() -> dict[str, pd.DataFrame]:
    """One campaign that worked, one that did harm, one that is not known yet by type, two broken ones."""
    rows = [
        *_judged("2021-10-win_back", "all", 8_000, 2_000, (0.31, 0.28), 0.011, 0.004, "better"),
        *_judged("2021-10-win_back", "novice", 5_000, 1_250, (0.30, 0.28), 0.021, 0.09, "undecided"),
        *_judged("2021-10-win_back", "none", 40, 6, (0.35, 0.33), NAN, NAN, "too_few"),
        *_judged("2021-11-basket", "all", 4_000, 1_000, (0.40, 0.45), 0.012, 0.0004, "worse"),
        *_judged("2021-11-leaked", "all", 4_000, 1_000, (0.40, 0.36), NAN, NAN, "broken"),
        *_judged("2021-11-lost", "all", 30, 7, (0.10, 0.0), NAN, NAN, "too_few"),
        *_judged("2021-11-skewed", "all", 4_000, 600, (0.40, 0.36), NAN, NAN, "broken", srm_p=1e-9),
    ]
    told = {"2021-11-leaked": 12}
    outcomes = [
        {"campaign_id": c, "segment_id": "all", "arm": arm, "starts_on": starts, "ends_on": ends,
         "told": told.get(c, 0) if arm == "control" else 7_900}
        for c, (_, starts, ends) in CAMPAIGNS.items()
        for arm in ("treatment", "control")
    ]  # fmt: skip
    strategies = [("win_back", "돌아오세요 쿠폰", "Come back coupon"), ("basket", "묶음 제안", "Bundle offer")]
    return {
        "campaign_results": pd.DataFrame(rows),
        "campaign_outcomes": pd.DataFrame(outcomes),
        "strategies": pd.DataFrame(strategies, columns=["strategy_id", "title_ko", "title_en"]),
    }


def _judged(campaign, segment, treatment, control, shares, reach, p, verdict, srm_p=0.6):
    """The three metrics; money is a hundred thousand times the share."""
    rows = []
    for metric, scale in (("conversion", 1), ("spend", 100_000), ("spend_cuped", 100_000)):
        one, other = (scale * share for share in shares)
        rows.append(
            {
                "campaign_id": campaign, "segment_id": segment, "metric": metric,
                "strategy_id": campaign[8:], "kpi": CAMPAIGNS[campaign][0],
                "treatment": treatment, "control": control, "treatment_mean": one, "control_mean": other,
                "difference": one - other, "difference_low": one - other - scale * reach,
                "difference_high": one - other + scale * reach, "p": p, "p_adjusted": p, "srm_p": srm_p,
                "variance_reduction": 0.3 if metric == "spend_cuped" else NAN, "verdict": verdict,
            }
        )  # fmt: skip
    return rows

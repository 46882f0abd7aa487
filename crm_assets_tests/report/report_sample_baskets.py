"""Planted tables of the section on baskets."""

from __future__ import annotations

import pandas as pd


def basket_tables() -> dict[str, pd.DataFrame]:
    """Everybody has six rules, of which five are shown; of the master's one is certain, one below the confidence."""
    rules = [_rule("all", rank, f"티컵 {rank}", "찻잔 받침", 0.9 - rank / 100, True) for rank in range(1, 7)]
    rules += [
        _rule("master", 1, "와인 <b>", "치즈 + 크래커", 1.0, True) | {"conviction": None},
        _rule("master", 2, "크림", "에센스", 0.61, False),
    ]
    retests = [
        _retest("all", 1, "holds", 0.88, 0.8),
        _retest("all", 2, "fails", 0.78, 0.1),
        _retest("master", 1, "too_few", 0.9, None),
    ]
    proposals = [
        _proposal("all", rank, "bundle" if rank < 3 else "joint_promotion", retest, high)
        for rank, retest, high in ((1, "holds", 25.0), (2, "untested", 30.0), (3, "fails", None), (4, "too_few", 9.0))
    ]
    return {
        "association_rules": pd.DataFrame(rules),
        "rule_retests": pd.DataFrame(retests),
        "bundle_proposals": pd.DataFrame(proposals),
    }


def _rule(segment: str, rank: int, one: str, other: str, confidence: float, passes: bool) -> dict[str, object]:
    return {"segment_id": segment, "rank": rank, "antecedent_names": one, "consequent_names": other,
            "antecedent_support": 0.03, "consequent_support": 0.04, "support": 0.025, "confidence": confidence,
            "lift": 21.437, "leverage": 0.0201, "conviction": 14.82, "zhangs_metric": 0.9753,
            "passes_confidence": passes, "baskets": 1_234,
            "segment_baskets": 40_000 if segment == "all" else 9_000, "all_baskets": 40_000}  # fmt: skip


def _retest(segment: str, rank: int, verdict: str, before: float, now: float | None) -> dict[str, object]:
    return {"segment_id": segment, "rank": rank, "verdict": verdict, "confidence_before": before, "confidence": now}


def _proposal(segment: str, rank: int, kind: str, retest: str, high: float | None) -> dict[str, object]:
    return {"segment_id": segment, "rank": rank, "kind": kind, "antecedent_names": f"티컵 {rank}",
            "consequent_names": "찻잔 받침", "lift": 21.4, "lift_low": 18.0, "lift_high": high, "p_adjusted": 1e-6,
            "retest": retest, "customers_to_address": 321, "expected_baskets": 14.1}  # fmt: skip

"""Planted tables of the section on recommendations."""

from __future__ import annotations

import pandas as pd

METHODS = ("blend_14_1", "collaborative", "content", "popularity_recent", "cluster", "popularity")
SLICES = ("all", "novice", "pro")


def recommendation_tables() -> dict[str, pd.DataFrame]:
    """The blend is best and serves; a type and a region have articles."""
    evidence = [_judged(s, name, 0.5 - 0.05 * place) for s in SLICES for place, name in enumerate(METHODS)]
    served = [_judged(s, name, 0.4 if name == "served" else 0.41) for s in SLICES for name in ("served", "unruled")]
    articles = [(segment, n) for segment in ("novice", "pro") for n in range(1, 6)]
    return {
        "recommender_choices": pd.DataFrame(
            [
                {
                    "recommender": "blend_14_1",
                    "reason": "…",
                    "months": 3,
                    "map_at_10": 0.0712,
                    "runner_up": "collaborative",
                }
            ]
        ),
        "recommender_evidence": pd.DataFrame(evidence),
        "recommendation_outcomes": pd.DataFrame(served),
        "recommended_articles": pd.DataFrame(
            [
                {"segment_id": s, "rank": n, "name": f"{s} 상품 {n}", "customers": 300, "share": 0.5 / n}
                for s, n in articles
            ]
        ),
        "region_articles": pd.DataFrame(
            [
                {"region": region, "rank": n, "customers": 40, "share": 0.25, "is_own": n == 2, "name": f"상품 {n}"}
                for region in ("Z01", "Z02")
                for n in (1, 2)
            ]
        ),
    }


def _judged(slice_: str, recommender: str, at: float) -> dict[str, object]:
    row = {"slice": slice_, "recommender": recommender, "customers": 1_247, "coverage": 0.2}
    for name, share in (("hit_rate", 1), ("recall_at_10", 0.3), ("map_at_10", 0.15)):
        row |= {name: at * share, f"{name}_low": at * share - 0.01, f"{name}_high": at * share + 0.01}
    return row

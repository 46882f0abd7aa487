"""Which rules are worth an offer: what says that their lift is no chance, and one proposal per set of products.

Baskets of one customer are not independent: somebody who buys the same three articles every week makes a rule alone. So
beside Fisher's exact test, which takes baskets for the units, stands one that takes customers for them; the larger p
counts. Pure functions on small frames.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import scipy
from scipy.special import ndtr

from crm_assets.statistics.evidence import FDR, Z, benjamini_hochberg

BUNDLE, JOINT_PROMOTION = "bundle", "joint_promotion"
RULE = ["segment_id", "rank"]


def lift_evidence(rules: pd.DataFrame) -> pd.DataFrame:
    """Interval and p value of the lift of rules, with customers for the units.

    A customer's own surplus at a lift θ is u(θ) = b − θ·w, w = (A·c + C·a)/N − n·A·C/N², of its own baskets with the
    antecedents a, the consequents c, both b, any n, and of all baskets A, C, B, N: b − θ·a·c/N to the first order. The
    score z(θ) = Σu/√Σu² tests θ; the interval is the lifts that it does not refuse at 5 % (Fieller 1954), the p value
    that of θ = 1, two-sided, or Fisher's exact one (B or more by chance) where that is larger.

    Args:
        rules: baskets, antecedent_baskets, consequent_baskets, segment_baskets and the sums of ``rule_customers.sql``.

    Returns:
        lift_low, lift_high, p_value, on the index of the rules. lift_high is missing where the customers are too few to
        bound it, lift_low where even 1 is not refused.
    """
    names = ("baskets", "antecedent_baskets", "consequent_baskets", "segment_baskets")
    both, left, right, total = (rules[name].to_numpy(dtype=float) for name in names)
    s = {
        name: rules[name].to_numpy(dtype=float) for name in ("bb", "ab", "bc", "bn", "aa", "cc", "ac", "an", "cn", "nn")
    }
    p, q, r = left / total, right / total, -left * right / total**2  # weights of c, a and n in w
    bw = p * s["bc"] + q * s["ab"] + r * s["bn"]
    ww = p**2 * s["cc"] + q**2 * s["aa"] + r**2 * s["nn"] + 2 * (p * q * s["ac"] + p * r * s["cn"] + q * r * s["an"])
    expected = left * right / total
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (both - expected) / np.sqrt(np.maximum(s["bb"] - 2 * bw + ww, 0))
    fisher = scipy.stats.hypergeom.sf(both - 1, total, left, right)
    low, high = _not_refused(both, expected, s["bb"], bw, ww)
    p_value = np.fmax(np.where(np.isnan(score), 1.0, 2 * ndtr(-np.abs(score))), fisher)
    return pd.DataFrame({"lift_low": low, "lift_high": high, "p_value": np.clip(p_value, 0, 1)}, index=rules.index)


def _not_refused(both, expected, bb, bw, ww) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the lifts θ with (B − θE)² ≤ z²(Σb² − 2θΣbw + θ²Σw²); the estimate B/E is always among them."""
    a, half_b, c = expected**2 - Z**2 * ww, -(both * expected - Z**2 * bw), both**2 - Z**2 * bb
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(half_b**2 - a * c, 0))
        one, two = (-half_b - root) / a, (-half_b + root) / a
        estimate = both / expected
    ends = np.sort(np.stack([one, two]), axis=0)
    below = np.where(ends <= estimate, ends, -np.inf).max(axis=0)
    above = np.where(ends >= estimate, ends, np.inf).min(axis=0)
    refused = (
        a + 2 * half_b + c > 0
    )  # θ = 1; where it is not, a few customers can leave a gap between 1 and the estimate
    return np.where(refused & (below > 1), below, np.nan), np.where(np.isfinite(above), above, np.nan)


def proposals(
    rules: pd.DataFrame, evidence: pd.DataFrame, retests: pd.DataFrame, response_share: float, most: int
) -> pd.DataFrame:
    """One proposal per segment and set of products, of those rules whose lift is no chance.

    Args:
        rules: the rows of ``association_rules``. Kept were those with the most confidence in the same baskets, so that
            all that were asked for (rules_asked) count as tests: who picks the best of many finds one by chance.
        evidence: segment_id, rank, the sums of ``rule_customers.sql`` and customers_to_address, of the best rules.
        retests: segment_id, antecedents, consequents, verdict.
        response_share: assumed share of those addressed who come to buy as those do who have the antecedents.
        most: proposals of a segment.

    Returns:
        The columns of ``bundle_proposals`` but for month and as_of.
    """
    tested = rules.merge(evidence, on=RULE, how="inner", validate="one_to_one")
    tested = tested.join(lift_evidence(tested))
    asked = int(rules["rules_asked"].max()) if len(rules) else 0
    tested["p_adjusted"] = benjamini_hochberg(tested["p_value"], tests=asked)
    products = _products(rules)
    counted = rules.assign(products=products).groupby(["segment_id", "products"], sort=False).size().rename("rules")
    sound = tested[(tested["p_adjusted"] < FDR) & (tested["lift"] > 1) & tested["lift_low"].notna()]
    best = sound.assign(products=_products(sound)).sort_values(RULE).drop_duplicates(["segment_id", "products"])
    best = best.join(counted, on=["segment_id", "products"])
    verdicts = retests[["segment_id", "antecedents", "consequents", "verdict"]].rename(columns={"verdict": "retest"})
    best = best.merge(verdicts, on=["segment_id", "antecedents", "consequents"], how="left", validate="one_to_one")
    best["retest"] = best["retest"].fillna("untested").astype("str")
    best["kind"] = pd.Series(np.where(best["rules"] > 1, BUNDLE, JOINT_PROMOTION), index=best.index, dtype="str")
    best["expected_baskets"] = best["customers_to_address"] * response_share * best["confidence"]
    best = best.rename(columns={"rank": "rule_rank"}).assign(failed=best["retest"] == "fails")
    order = ["segment_id", "failed", "lift_low", "rule_rank"]
    best = best.sort_values(order, ascending=[True, True, False, True], ignore_index=True)
    best["rank"] = best.groupby("segment_id", sort=False).cumcount() + 1
    return best[best["rank"] <= most]


def _products(rules: pd.DataFrame) -> list[str]:
    """The set of products of each rule, as one text."""
    pairs = zip(rules["antecedents"], rules["consequents"], strict=True)
    return [json.dumps(sorted(json.loads(a) + json.loads(c)), ensure_ascii=False) for a, c in pairs]

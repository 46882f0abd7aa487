"""What sets a lifestyle apart, with the evidence: every category, the members against all other active customers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.statistics.evidence import COHENS_H, SIZES, benjamini_hochberg, shares_compared

ALPHA = 0.05
COLUMNS = (
    "lifestyle_id", "category", "customers", "mean_amount", "population_mean_amount", "spend_share",
    "population_spend_share", "lift", "effect", "p_value", "is_signature", "rank",
)  # fmt: skip


def lifestyle_categories(spend: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    """Every lifestyle and category: mean spend, mean share, lift, Cohen's h and p.

    Compared are the means of the customers' own shares (``statistics.evidence.mean_share_tests``): the pattern, not how
    much is spent. Customers without a category have 0 of it.

    Args:
        spend: customer_id, category, amount, share; a pair once, in any order.
        members: customer_id → lifestyle_id; customers of ``spend`` without one are left out.

    Returns:
        The columns of ``lifestyle_categories``, by lifestyle and rank.
    """
    members = members.sort_index()
    codes, names = pd.factorize(members.to_numpy(), sort=True)
    sizes = np.bincount(codes, minlength=len(names))
    spend = spend[spend["customer_id"].isin(members.index)].sort_values(["category", "customer_id"])
    found = []
    for category, rows in spend.groupby("category", sort=True):
        places = members.index.get_indexer(rows["customer_id"])
        shares, amounts, has = (np.zeros(len(members)) for _ in range(3))
        shares[places], amounts[places] = rows["share"].to_numpy(dtype=float), rows["amount"].to_numpy(dtype=float)
        has[places] = 1
        test = shares_compared(shares, codes, len(names))
        found.append(
            pd.DataFrame(
                {
                    "lifestyle_id": names,
                    "category": category,
                    "customers": np.bincount(codes, weights=has, minlength=len(names)).astype(int),
                    "mean_amount": np.bincount(codes, weights=amounts, minlength=len(names)) / sizes,
                    "population_mean_amount": amounts.mean(),
                    "spend_share": test["value"].clip(0, 1),
                    "population_spend_share": shares.mean(),
                    "lift": test["value"] / shares.mean(),
                    "effect": test["effect"],
                    "p": test["p"],
                }
            )
        )
    if not found:
        return pd.DataFrame(columns=list(COLUMNS))
    return _judged(pd.concat(found, ignore_index=True))


def evident_effects(shares: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """(k, categories) Cohen's h where the category is a signature of the lifestyle, missing elsewhere; judged as
    ``lifestyle_categories`` does.

    Args:
        shares: (n, categories) shares of the customers' spend.
        labels: (n,) lifestyles 0 … k − 1.
    """
    tests = [shares_compared(column, labels, k) for column in shares.T]
    effect, p, mean = (np.array([test[name] for test in tests]).T for name in ("effect", "p", "value"))
    adjusted = benjamini_hochberg(p.ravel()).reshape(p.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(_is_signature(adjusted, effect, mean / shares.mean(axis=0)), effect, np.nan)


def _is_signature(p_adjusted: np.ndarray, effect: np.ndarray, lift: np.ndarray) -> np.ndarray:
    return (p_adjusted < ALPHA) & (effect >= SIZES[COHENS_H][0]) & (lift > 1)


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """With p adjusted over all tests of the month, which ones are signatures, and the rank within the lifestyle."""
    table["p_value"] = benjamini_hochberg(table["p"])
    table["is_signature"] = _is_signature(table["p_value"], table["effect"], table["lift"])
    by = {"lifestyle_id": True, "is_signature": False, "effect": False, "category": True}
    table = table.sort_values(list(by), ascending=list(by.values()), kind="stable", ignore_index=True)
    table["rank"] = table.groupby("lifestyle_id").cumcount() + 1
    return table[list(COLUMNS)]

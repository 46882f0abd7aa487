"""Customers whose lifestyle is planted: shares of spend drawn around patterns that overlap and share a base."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.lifestyle.personas import read_lifestyles
from crm_assets.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "data" / "reference" / "lifestyles"
CARD, GENERIC = read_lifestyles(FOLDER / "card.yaml"), read_lifestyles(FOLDER / "generic.yaml")
BASE = ("카페", "공연", "숙박", "미용", "백화점", "구독")  # what everybody spends on a little, beside the personas' own
CATEGORIES = sorted({*BASE, *(c for p in CARD.personas for c in p.signature)})


def planted(size: int = 1400, seed: int = 1, own: float = 0.55) -> tuple[pd.DataFrame, pd.Series]:
    """Spend (customer_id, category, amount, share) and the planted persona of each customer.

    A customer spends ``own`` of the money on its persona's categories, the rest as everybody; concentration 25, and a
    category below a hundredth is not bought. Sizes differ by a factor of three.
    """
    random = np.random.default_rng(seed)
    weights = np.linspace(1, 3, len(CARD.personas))
    kind = random.choice(len(CARD.personas), size, p=weights / weights.sum())
    base = np.full(len(CATEGORIES), 1 / len(CATEGORIES))
    patterns = np.array([_pattern(p.signature, base, own) for p in CARD.personas])
    shares = np.array([random.dirichlet(25 * patterns[k]) for k in kind])
    shares = np.where(shares < 0.01, 0, shares)
    shares /= shares.sum(axis=1, keepdims=True)
    totals = random.lognormal(13, 1, size)  # how much is spent tells nothing of the lifestyle
    rows, columns = np.nonzero(shares)
    spend = pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in rows],
            "category": np.array(CATEGORIES, dtype=object)[columns],
            "amount": shares[rows, columns] * totals[rows],
            "share": shares[rows, columns],
        }
    )
    truth = pd.Series([CARD.personas[k].id for k in kind], index=[f"C{i:05d}" for i in range(size)])
    return spend, truth


def _pattern(signature: tuple[str, ...], base: np.ndarray, own: float) -> np.ndarray:
    if not signature:
        return base
    mine = np.isin(CATEGORIES, signature) / len(signature)
    return (1 - own) * base + own * mine

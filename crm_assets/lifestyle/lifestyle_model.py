"""A lifestyle model: the patterns of its lifestyles, and which one is nearest to a customer.

How a model is fitted is in ``fitting``; what a lifestyle is called in ``personas``; where it is kept in ``registry``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
import scipy

from crm_assets.lifestyle.spend import pattern, rarity_weights, share_matrix


@dataclass(frozen=True)
class LifestyleModel:
    """A fitted model: all that is needed to give a customer its lifestyle again.

    Attributes:
        fitted_as_of: ISO date of the snapshot it was fitted on.
        months, category_level: the settings behind the spend it was fitted on.
        categories: columns of a pattern, by name.
        population: mean share of each category, of all customers at the fit.
        centroids: k × categories, weighted roots of shares.
        lifestyle_ids: k ids, in order of the centroids.
        signatures: id → the categories that set it apart when it was named; of ended ids too.
        asked_k: `lifestyle_k` at the fit.
        min_customers: `lifestyle_min_customers` at the fit.
        rarity: `lifestyle_rarity` at the fit.
        min_stability: `lifestyle_min_stability` at the fit.
        k_reason: why this K, one line.
        seed: of every draw behind it.
        customers: it was fitted on.
        adjusted_rand: agreement of fits of other seeds with this one, a figure per seed.
    """

    fitted_as_of: str
    months: int
    category_level: str
    categories: tuple[str, ...]
    population: tuple[float, ...]
    centroids: tuple[tuple[float, ...], ...]
    lifestyle_ids: tuple[str, ...]
    signatures: dict[str, list[str]]
    asked_k: int
    min_customers: int
    rarity: float
    min_stability: float
    k_reason: str
    seed: int
    customers: int
    adjusted_rand: tuple[float, ...]

    @property
    def k(self) -> int:
        """Number of lifestyles."""
        return len(self.lifestyle_ids)

    @property
    def weights(self) -> np.ndarray:
        """(categories,) weights of the roots."""
        return rarity_weights(np.array(self.population), self.rarity)

    def to_json(self) -> str:
        """Canonical text: sorted keys, floats that read back exactly."""
        return json.dumps(asdict(self), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> LifestyleModel:
        """The model that ``to_json`` wrote.

        Raises:
            ValueError: the text is no such model.
        """
        content = json.loads(text)
        names = {f.name for f in fields(cls)}
        if not isinstance(content, dict) or content.keys() != names:
            raise ValueError(f"not a lifestyle model: it must hold exactly {sorted(names)}; refit the lifestyles")
        for name in ("categories", "population", "lifestyle_ids", "adjusted_rand"):
            content[name] = tuple(content[name])
        content["centroids"] = tuple(tuple(c) for c in content["centroids"])
        return cls(**content)


def assign(model: LifestyleModel, spend: pd.DataFrame) -> pd.DataFrame:
    """The nearest lifestyle of every customer; of equally near ones the first by id.

    Args:
        spend: customer_id, category, share; a pair once, in any order. Categories that the model does not know count
            for no lifestyle; they are equally far from all.

    Returns:
        customer_id, lifestyle_id, distance, sorted by customer_id.
    """
    customers = sorted(spend["customer_id"].unique())
    places = pattern(share_matrix(spend, customers, model.categories), model.weights)
    order = np.argsort(model.lifestyle_ids, kind="stable")
    distances = (
        scipy.spatial.distance.cdist(places, np.array(model.centroids)[order])
        if len(customers)
        else np.zeros((0, model.k))
    )
    nearest = distances.argmin(axis=1)
    return pd.DataFrame(
        {
            "customer_id": pd.Series(customers, dtype="str"),
            "lifestyle_id": pd.Series(np.array(model.lifestyle_ids, dtype=object)[order][nearest], dtype="str"),
            "distance": distances[np.arange(len(customers)), nearest],
        }
    )


def changed_share(model: LifestyleModel, population: pd.Series) -> float:
    """How much of a customer's spend, in the mean, is on categories that the model does not know, or was on ones that
    there are no more; the larger of both, 0–1.

    Args:
        population: mean share by category, of today's customers.
    """
    then = pd.Series(model.population, index=list(model.categories))
    return float(max(population.drop(index=then.index, errors="ignore").sum(),
                     then.drop(index=population.index[population > 0], errors="ignore").sum()))  # fmt: skip

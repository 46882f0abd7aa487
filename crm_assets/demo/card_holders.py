"""Card holders: the words and parameters of the card sample as arrays, and one draw per customer.

Here: who they are, what life they live, how much it costs a month, between which days. Not here: their payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from crm_assets.demo.draws import Choice, spread_uniform
from crm_assets.demo.people import CUSTOMER_STEP, FIRST_CUSTOMER, NUMBERS
from crm_assets.files import read_yaml

NEVER = 100_000  # a day beyond every period


@dataclass(frozen=True)
class Cards:
    """Everything that the card sample knows before the first random number; amounts are lifestyles x categories."""

    parameters: dict
    regions: dict[str, dict]
    dates: list[date]
    categories: dict[str, dict]
    lifestyles: dict[str, dict]
    own: np.ndarray  # won a month of the lifestyle
    base_factor: np.ndarray

    def by_category(self, name: str, default: object = None) -> np.ndarray:
        """A parameter as an array over the categories."""
        return np.array([category.get(name, default) for category in self.categories.values()])


@dataclass(frozen=True)
class Holders:
    """One entry per customer of a chunk; days are counted from the start of the period."""

    number: np.ndarray
    lifestyle: np.ndarray
    is_woman: np.ndarray
    age: np.ndarray
    region: np.ndarray
    first_day: np.ndarray
    slow_day: np.ndarray  # from here on less and less
    silent_day: np.ndarray  # from here on nothing; NEVER for most
    rate: np.ndarray
    monthly: np.ndarray  # won a month, customers x categories

    def __len__(self) -> int:
        return len(self.number)


def read_cards(folder: Path) -> Cards:
    """
    Raises:
        FileNotFoundError: cards.yaml or regions.yaml is not in the folder.
        ValueError: a lifestyle spends in a category that there is not, or the shares are not 1 together.
    """
    for name in ("cards.yaml", "regions.yaml"):
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder / name} is missing; restore it from the repository")
    told = read_yaml(folder / "cards.yaml")
    categories, lifestyles = told["categories"], told["lifestyles"]
    for name, lifestyle in lifestyles.items():
        if unknown := sorted(set(lifestyle["months"]) - set(categories)):
            raise ValueError(f"cards.yaml: {name} spends in {', '.join(unknown)}, which is none of its categories")
    if abs(sum(lifestyle["share"] for lifestyle in lifestyles.values()) - 1) > 1e-9:
        raise ValueError("cards.yaml: the shares of the lifestyles must be 1 together")
    start, end = told["period"]["start"], told["period"]["end"]
    own = [[lifestyle["months"].get(name, 0) for name in categories] for lifestyle in lifestyles.values()]
    return Cards(
        parameters=told,
        regions=read_yaml(folder / "regions.yaml"),
        dates=[start + timedelta(days=n) for n in range((end - start).days + 1)],
        categories=categories,
        lifestyles=lifestyles,
        own=np.array(own, dtype=float),
        base_factor=np.array([lifestyle["base"] for lifestyle in lifestyles.values()]),
    )


def draw_holders(cards: Cards, first: int, size: int, rng: np.random.Generator) -> Holders:
    """`size` customers, the first of them being the `first`-th of the sample."""
    kinds = list(cards.lifestyles.values())
    lifestyle = Choice([k["share"] for k in kinds]).draw(np.zeros(size, dtype=int), spread_uniform(rng, size))
    age = Choice([list(k["ages"].values()) for k in kinds]).draw(lifestyle, rng.random(size))
    regions = [region["share"] for region in cards.regions.values()]
    first_day, slow_day, silent_day = _days(cards, lifestyle, rng)
    light = rng.random(size) < cards.parameters["light"]["share"]
    rate = np.exp(cards.parameters["rate_sigma"] * rng.standard_normal(size))
    return Holders(
        number=(FIRST_CUSTOMER + (first + np.arange(size)) * CUSTOMER_STEP) % NUMBERS,
        lifestyle=lifestyle,
        is_woman=rng.random(size) < np.array([k["women"] for k in kinds])[lifestyle],
        age=age,
        region=Choice(regions).draw(np.zeros(size, dtype=int), rng.random(size)),
        first_day=first_day,
        slow_day=slow_day,
        silent_day=silent_day,
        rate=rate,
        monthly=_monthly(cards, lifestyle, light, rng),
    )


def _days(cards: Cards, lifestyle: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First day, first slow day, first silent day."""
    parameters, size = cards.parameters, len(lifestyle)
    joins = rng.random(size) < parameters["join"]["share"]
    first = np.where(joins, (rng.random(size) * parameters["join"]["until"]).astype(int), 0)
    dormancy = parameters["dormancy"]
    share = np.array([k["dormant"] for k in cards.lifestyles.values()])[lifestyle]
    low, high = np.maximum(dormancy["from"], first + 60), dormancy["until"]
    silent = low + (rng.random(size) * (high - low)).astype(int)
    shortest, longest = dormancy["slows_days"]
    slow = silent - (shortest + rng.random(size) * (longest - shortest)).astype(int)
    falls = (rng.random(size) < share) & (low < high)
    return first, np.where(falls, np.maximum(slow, first), NEVER), np.where(falls, silent, NEVER)


def _monthly(cards: Cards, lifestyle: np.ndarray, light: np.ndarray, rng) -> np.ndarray:
    """What each customer spends a month in each category: a base that all share, the own lifestyle's, a second's."""
    parameters, size = cards.parameters, len(lifestyle)
    shape = (size, len(cards.categories))
    amount, share = cards.by_category("base").T
    spread = parameters["base_sigma"]
    base = (rng.random(shape) < share) * amount * np.exp(spread * rng.standard_normal(shape) - spread**2 / 2)
    sigma = parameters["taste_sigma"]
    taste = np.exp(sigma * rng.standard_normal(shape) - sigma**2 / 2)
    own = cards.own[lifestyle] * (rng.random(shape) < parameters["adoption"])
    other = Choice([k["share"] for k in cards.lifestyles.values()]).draw(np.zeros(size, dtype=int), rng.random(size))
    weight = (rng.random(size) < parameters["second"]["share"]) * parameters["second"]["weight"]
    lived = own * (1 - weight)[:, None] + cards.own[other] * weight[:, None]
    level = np.exp(parameters["level_sigma"] * rng.standard_normal(size))
    level *= np.where(light, parameters["light"]["factor"], 1.0)
    return (base * cards.base_factor[lifestyle][:, None] + lived * taste) * level[:, None]

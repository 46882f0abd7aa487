"""Customers: who they are, of which latent type, how often they come and between which days.

Here: one draw per customer. Not here: their visits and baskets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_assets.demo.days import Days
from crm_assets.demo.draws import Choice, spread_uniform
from crm_assets.demo.vocabulary import Vocabulary

# The n-th customer's number is FIRST + n * STEP modulo a billion: unique, and telling nothing of the order.
FIRST_CUSTOMER, CUSTOMER_STEP, NUMBERS = 412_637_909, 618_033_989, 1_000_000_000
MOST_RECEIPTS = 900  # a customer's yearly limit, which also bounds the numbers that a chunk of receipts can use


@dataclass(frozen=True)
class People:
    """One entry per customer of a chunk."""

    number: np.ndarray
    type: np.ndarray
    is_new: np.ndarray
    is_woman: np.ndarray
    age: np.ndarray
    region: np.ndarray
    receipts: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    price_level: np.ndarray
    online_rate: np.ndarray
    has_wallet: np.ndarray
    home_branch: np.ndarray  # customers x partners
    usual_partner: np.ndarray
    usual_major: np.ndarray  # customers x retail partners

    def __len__(self) -> int:
        return len(self.number)


def draw_people(vocabulary: Vocabulary, days: Days, first: int, size: int, rng: np.random.Generator) -> People:
    """`size` customers, the first of them being the `first`-th of the data set."""
    population, types = vocabulary.population, vocabulary.types
    is_new = spread_uniform(rng, size) < population["new_share"]
    shares = [[t["share"][group] for t in types.values()] for group in ("existing", "new")]
    type_ = Choice(shares).draw(is_new.astype(int), spread_uniform(rng, size))
    ages = Choice([list(t["ages"].values()) for t in types.values()])
    regions = np.array([[region["share"] for region in vocabulary.regions.values()]])
    region = Choice(regions).draw(np.zeros(size, dtype=int), rng.random(size))
    first_day, last_day = _windows(vocabulary, days, type_, is_new, rng)
    wallet = vocabulary.by_type("wallet", "users")[type_]
    wallet = np.where(is_new, wallet * population["wallet_factor_of_new"], wallet)
    online = rng.random(size) < vocabulary.by_type("online", "users")[type_]
    usual_partner = Choice(retail_weights(vocabulary, "partners")).draw(type_, rng.random(size))
    spread = vocabulary.by_type("spend", "sigma")[type_] * rng.standard_normal(size)
    return People(
        number=(FIRST_CUSTOMER + (first + np.arange(size)) * CUSTOMER_STEP) % NUMBERS,
        type=type_,
        is_new=is_new,
        is_woman=rng.random(size) < vocabulary.by_type("women")[type_],
        age=ages.draw(type_, rng.random(size)),
        region=region,
        receipts=_receipt_counts(vocabulary, type_, is_new, rng),
        first_day=first_day,
        last_day=last_day,
        # Three sigmas bound the tail, so that no single customer makes a month's turnover.
        price_level=vocabulary.by_type("spend", "median")[type_]
        * np.exp(np.clip(spread, None, 3.0 * vocabulary.by_type("spend", "sigma")[type_])),
        online_rate=np.where(online, vocabulary.by_type("online", "rate")[type_], 0.0),
        has_wallet=rng.random(size) < wallet,
        home_branch=_home_branches(vocabulary, region, rng),
        usual_partner=usual_partner,
        usual_major=_usual_majors(vocabulary, type_, rng),
    )


def retail_weights(vocabulary: Vocabulary, key: str) -> np.ndarray:
    """Types x retail partners: the weights under `key` of types.yaml, zero where a type names no partner."""
    return np.array([[t[key].get(code, 0.0) for code in vocabulary.retail] for t in vocabulary.types.values()])


def major_weights(vocabulary: Vocabulary) -> np.ndarray:
    """(Types x retail partners) x major categories: what a type buys at a partner."""
    group_totals: dict[str, float] = {}
    for group, weight in vocabulary.major_groups.values():
        group_totals[group] = group_totals.get(group, 0.0) + weight
    rows = [
        [
            partner["groups"].get(group, 0.0) * weight / group_totals[group] * likes.get(major, 1.0)
            for major, (group, weight) in vocabulary.major_groups.items()
        ]
        for likes in (t["likes"] for t in vocabulary.types.values())
        for partner in vocabulary.retail.values()
    ]
    return np.array(rows)


def _receipt_counts(vocabulary, type_, is_new, rng) -> np.ndarray:
    """Four and a log-normal Poisson more for existing customers, one to three for new ones."""
    sigma = vocabulary.by_type("receipts", "sigma")[type_]
    mean = vocabulary.by_type("receipts", "mean")[type_]
    many = 4 + rng.poisson(mean * np.exp(sigma * rng.standard_normal(len(type_)) - sigma**2 / 2))
    few = 1 + Choice([vocabulary.population["new_receipts"]]).draw(np.zeros(len(type_), int), rng.random(len(type_)))
    return np.minimum(np.where(is_new, few, many), MOST_RECEIPTS)


def _windows(vocabulary, days, type_, is_new, rng) -> tuple[np.ndarray, np.ndarray]:
    """First and last day on which a customer may come."""
    size, last = len(type_), len(days) - 1
    joins = rng.random(size) < vocabulary.by_type("join", "share")[type_]
    first = np.where(joins, rng.random(size) * vocabulary.by_type("join", "until")[type_], 0).astype(int)
    lapses = rng.random(size) < vocabulary.by_type("lapse", "share")[type_]
    lapse_day = vocabulary.by_type("lapse", "day")[type_]
    lapse_day = lapse_day + vocabulary.by_type("lapse", "sd")[type_] * rng.standard_normal(size)
    end = np.where(lapses, np.clip(lapse_day, first + 20, last), last).astype(int)
    growth = vocabulary.population["new_first_day_growth"]
    # Inverse of the distribution with density proportional to 1 + growth * t on 0..1.
    new_first = (np.sqrt(1 + rng.random(size) * growth * (2 + growth)) - 1) / growth * last
    new_first = new_first.astype(int)
    new_end = np.minimum(new_first + vocabulary.population["new_window_days"], last)
    return np.where(is_new, new_first, first), np.where(is_new, new_end, end)


def _home_branches(vocabulary, region, rng) -> np.ndarray:
    """Per partner one branch in the customer's region, or in the first region where the partner has none there."""
    count = vocabulary.branches.count[:, region].T
    first = vocabulary.branches.first[:, region].T
    absent = count == 0
    count = np.where(absent, vocabulary.branches.count[:, 0], count)
    first = np.where(absent, vocabulary.branches.first[:, 0], first)
    return first + (rng.random(count.shape) * count).astype(int)


def _usual_majors(vocabulary, type_, rng) -> np.ndarray:
    choice, partners = Choice(major_weights(vocabulary)), len(vocabulary.retail)
    rows = type_[:, None] * partners + np.arange(partners)
    return choice.draw(rows.ravel(), rng.random(rows.size)).reshape(rows.shape)

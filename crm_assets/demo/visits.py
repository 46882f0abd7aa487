"""Visits: when, where and through which channel customers buy, at retail and service partners.

Here: one draw per receipt, and the wallet payments that repeat receipts. Not here: what is in the basket.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_assets.demo.days import Days
from crm_assets.demo.draws import Choice
from crm_assets.demo.people import People, retail_weights
from crm_assets.demo.vocabulary import Vocabulary

USUAL_PARTNER_SHARE = 0.45  # of a customer's offline visits go to the partner that the customer favours anyway


@dataclass(frozen=True)
class Visits:
    """One entry per receipt, sorted by customer, day and hour; `branch` is -1 online."""

    customer: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    is_service: np.ndarray
    is_online: np.ndarray
    partner: np.ndarray
    branch: np.ndarray

    def take(self, chosen: np.ndarray) -> Visits:
        """The visits of a mask or of positions."""
        return Visits(**{name: values[chosen] for name, values in vars(self).items()})

    def __len__(self) -> int:
        return len(self.customer)


def draw_visits(vocabulary: Vocabulary, days: Days, people: People, rng: np.random.Generator) -> Visits:
    """All receipts of a chunk of customers, without their content."""
    customer = np.repeat(np.arange(len(people)), people.receipts)
    type_ = people.type[customer]
    is_service = rng.random(len(customer)) < vocabulary.by_type("services", "share")[type_]
    partner = np.where(
        is_service, _service_partners(vocabulary, type_, rng), _retail_partners(vocabulary, people, customer, rng)
    )
    online_rate = np.array([0.0] * len(vocabulary.retail) + [s["online"] for s in vocabulary.services.values()])
    rate = np.where(is_service, online_rate[partner], people.online_rate[customer])
    is_online = rng.random(len(customer)) < rate
    online_retail = Choice(retail_weights(vocabulary, "online_partners")).draw(type_, rng.random(len(customer)))
    partner = np.where(is_online & ~is_service, online_retail, partner)
    hours = Choice(_hour_weights(vocabulary))
    hour = hours.draw(type_ * 2 + is_online, rng.random(len(customer)))
    day = _days(days, people, customer, rng)
    order = np.argsort((customer * len(days) + day) * 24 + hour, kind="stable")
    visits = Visits(
        customer=customer, day=day, hour=hour, is_service=is_service, is_online=is_online, partner=partner,
        branch=_branches(vocabulary, people, customer, partner, is_online, rng),
    )  # fmt: skip
    return visits.take(order)


def _days(days: Days, people: People, customer: np.ndarray, rng) -> np.ndarray:
    """A day of the customer's window, weighted by how busy it is for the type."""
    first, last, type_ = people.first_day[customer], people.last_day[customer], people.type[customer]
    low = days.cumulative_weight[type_, first]
    target = low + rng.random(len(customer)) * (days.cumulative_weight[type_, last + 1] - low)
    day = np.empty(len(customer), dtype=np.int64)
    for index, cumulative in enumerate(days.cumulative_weight):
        mine = type_ == index
        day[mine] = np.searchsorted(cumulative, target[mine], side="right") - 1
    return np.clip(day, first, last)


def _retail_partners(vocabulary, people, customer, rng) -> np.ndarray:
    drawn = Choice(retail_weights(vocabulary, "partners")).draw(people.type[customer], rng.random(len(customer)))
    return np.where(rng.random(len(customer)) < USUAL_PARTNER_SHARE, people.usual_partner[customer], drawn)


def _service_partners(vocabulary, type_, rng) -> np.ndarray:
    weights = [[t["services"]["partners"][c] for c in vocabulary.services] for t in vocabulary.types.values()]
    return len(vocabulary.retail) + Choice(weights).draw(type_, rng.random(len(type_)))


def _hour_weights(vocabulary: Vocabulary) -> np.ndarray:
    """(Types x channels) x 24: bell-shaped peaks on a low floor that is lower still at night."""
    hour = np.arange(24)
    floor = np.where((hour >= 8) & (hour <= 23), 0.15, 0.03)
    rows = []
    for t in vocabulary.types.values():
        for channel in ("offline", "online"):
            peaks = sum(weight * np.exp(-(((hour - at) / width) ** 2) / 2) for at, width, weight in t["hours"][channel])
            rows.append(floor + (peaks if channel == "online" else peaks * (floor > 0.1)))
    return np.array(rows)


def _branches(vocabulary, people, customer, partner, is_online, rng) -> np.ndarray:
    """Mostly the customer's own branch, else another of the partner in the same region."""
    home = people.home_branch[customer, partner]
    region = people.region[customer]
    count, first = vocabulary.branches.count[partner, region], vocabulary.branches.first[partner, region]
    other = np.where(count > 0, first + (rng.random(len(customer)) * count).astype(int), home)
    at_home = rng.random(len(customer)) < vocabulary.population["home_branch_share"]
    return np.where(is_online, -1, np.where(at_home, home, other))


def draw_service_amounts(vocabulary: Vocabulary, people: People, services: Visits, rng) -> np.ndarray:
    """Won per service receipt: the partner's typical amount, moved by the customer's price level."""
    parameters = list(vocabulary.services.values())
    at = services.partner - len(vocabulary.retail)
    typical = np.array([s["amount"] for s in parameters], dtype=float)[at]
    spread = np.array([s["spread"] for s in parameters])[at]
    level = np.sqrt(people.price_level[services.customer])
    return round_won(typical * level * np.exp(spread * rng.standard_normal(len(services))), 100)


def round_won(amount: np.ndarray, unit: int = 10) -> np.ndarray:
    """Amounts in whole units of won, at least one unit."""
    return np.maximum(np.rint(amount / unit), 1).astype(np.int64) * unit


def draw_service_days(vocabulary: Vocabulary, services: Visits, rng) -> np.ndarray:
    """Days between booking and visit."""
    ahead = np.array([s["days_ahead"] for s in vocabulary.services.values()], dtype=float)
    return rng.poisson(ahead[services.partner - len(vocabulary.retail)] * rng.random(len(services)))


def draw_wallet(
    vocabulary: Vocabulary, people: People, visits: Visits, amount: np.ndarray, rng
) -> tuple[Visits, np.ndarray]:
    """Wallet payments and their amounts: mostly a purchase once more, some recorded under a wallet code."""
    rate = vocabulary.by_type("wallet", "rate")[people.type]
    first = np.concatenate([[0], np.cumsum(people.receipts)[:-1]])
    paid = rng.random(len(visits)) < rate[visits.customer]
    # Every wallet user pays at least once with it, at no particular visit.
    users = people.has_wallet & (people.receipts > 0)
    sure = first + (rng.random(len(people)) * people.receipts).astype(int)
    paid &= people.has_wallet[visits.customer]
    paid[sure[users]] = True
    wallet, amount = visits.take(paid), amount[paid]
    population, codes = vocabulary.population, len(vocabulary.wallet_codes)
    other = rng.random(len(wallet)) < population["wallet_other_share"]
    amount = np.where(other, round_won(np.exp(9.3 + 0.8 * rng.standard_normal(len(wallet))), 100), amount)
    coded = other | (rng.random(len(wallet)) < population["wallet_code_share"])
    code = len(vocabulary.partners) - codes + (rng.random(len(wallet)) * codes).astype(int)
    fields = {**vars(wallet), "partner": np.where(coded, code, wallet.partner)}
    fields["hour"] = np.where(other, (wallet.hour + 1) % 24, wallet.hour)
    return Visits(**fields), amount

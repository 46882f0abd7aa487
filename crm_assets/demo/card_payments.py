"""Payments of card holders: when, to whom, how much, card in hand or not, what it gave back; and their incomes.

Here: one draw per payment or income. Not here: what a customer spends in a category, nor how a row is written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_assets.demo.card_holders import Cards, Holders
from crm_assets.demo.visits import round_won

DAYS_OF_MONTH = 30.4
BILL_HOURS = [6, 1]  # centre and width: bills are taken before the day begins
MOST_OF_A_BILL = 4  # a large amount of bills is that of several contracts: lines of the family, policies


@dataclass(frozen=True)
class Payments:
    """One entry per payment; a cancelled one has a negative amount and no benefit."""

    customer: np.ndarray
    category: np.ndarray
    merchant: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    amount: np.ndarray
    benefit: np.ndarray  # won; 0 = none
    is_present: np.ndarray
    is_auto: np.ndarray

    def take(self, chosen: np.ndarray) -> Payments:
        """The payments of a mask or of positions."""
        return Payments(**{name: values[chosen] for name, values in vars(self).items()})

    def __len__(self) -> int:
        return len(self.customer)


def draw_payments(cards: Cards, holders: Holders, rng: np.random.Generator) -> Payments:
    """All payments of a chunk, by customer, day and hour, with those that were cancelled."""
    bills, errands = _bills(cards, holders, rng), _errands(cards, holders, rng)
    customer, category, merchant, day, amount = (np.concatenate(pair) for pair in zip(bills, errands, strict=True))
    is_auto = np.arange(len(customer)) < len(bills[0])
    share, rate = cards.by_category("benefit", [0.0, 0.0]).T
    gives = rng.random(len(customer)) < share[category]
    benefit = gives * np.rint(amount * rate[category]).astype(np.int64)
    hours = cards.by_category("hours", BILL_HOURS)[category]
    hour = np.rint(hours[:, 0] + hours[:, 1] * rng.standard_normal(len(customer))).astype(int) % 24
    is_present = rng.random(len(customer)) < cards.by_category("present")[category]
    paid = Payments(customer, category, merchant, day, hour, amount, benefit, is_present, is_auto)
    back = _cancelled(cards, holders, paid, rng)
    whole = Payments(**{name: np.concatenate([values, getattr(back, name)]) for name, values in vars(paid).items()})
    return whole.take(np.argsort((whole.customer * len(cards.dates) + whole.day) * 24 + whole.hour, kind="stable"))


def activity(holders: Holders, customer: np.ndarray, day: np.ndarray, left: float) -> np.ndarray:
    """How much of a customer's rate is left on a day: all of it, then less and less, then nothing."""
    slow, silent = holders.slow_day[customer], holders.silent_day[customer]
    done = np.clip((day - slow) / np.maximum(silent - slow, 1), 0.0, 1.0)
    awake = (day >= holders.first_day[customer]) & (day < silent)
    return np.where(awake, 1 - done * (1 - left), 0.0)


def _errands(cards: Cards, holders: Holders, rng) -> tuple[np.ndarray, ...]:
    """Payments at no fixed day: a stream of chances, thinned by the day and by how awake the customer is."""
    tickets, is_bill = cards.by_category("ticket").astype(float), cards.by_category("auto", False).astype(bool)
    weights = _day_weights(cards)
    most, days = weights.max(), len(cards.dates)
    per_day = holders.monthly * ~is_bill / tickets[:, 0] * holders.rate[:, None] / DAYS_OF_MONTH
    count = rng.poisson(per_day * most * days)
    customer = np.repeat(np.arange(len(holders)), count.sum(axis=1))
    category = np.repeat(np.tile(np.arange(len(tickets)), len(holders)), count.ravel())
    day = (rng.random(len(customer)) * days).astype(int)
    chance = weights[category, day] * activity(holders, customer, day, cards.parameters["dormancy"]["left"]) / most
    kept = rng.random(len(customer)) < chance
    customer, category, day = customer[kept], category[kept], day[kept]
    sigma = tickets[category, 1]
    # As often as the rate says, at as much less a time: the amount a month is the customer's own.
    typical = tickets[category, 0] / holders.rate[customer]
    amount = round_won(typical * np.exp(sigma * rng.standard_normal(len(customer)) - sigma**2 / 2), 10)
    return customer, category, _merchants(cards, category, rng), day, amount


def _bills(cards: Cards, holders: Holders, rng) -> tuple[np.ndarray, ...]:
    """Contracts, paid every month on the same day to the same payee; one by one they move away before a silence."""
    is_bill, tickets = cards.by_category("auto", False).astype(bool), cards.by_category("ticket")[:, 0].astype(float)
    monthly = holders.monthly * is_bill
    count = np.where(monthly > 0, np.clip(np.rint(monthly / tickets), 1, MOST_OF_A_BILL), 0).astype(int)
    customer = np.repeat(np.arange(len(holders)), count.sum(axis=1))
    category = np.repeat(np.tile(np.arange(len(tickets)), len(holders)), count.ravel())
    fee = (monthly / np.maximum(count, 1))[customer, category]
    merchant, due = _merchants(cards, category, rng), 1 + (rng.random(len(customer)) * 28).astype(int)
    slow, silent = holders.slow_day[customer], holders.silent_day[customer]
    ends = slow + rng.random(len(customer)) * (silent - slow)
    on = [n for n, day in enumerate(cards.dates) if day.day == 1]
    day = np.array(on)[None, :] + due[:, None] - 1
    contract, month = np.nonzero((day >= holders.first_day[customer][:, None]) & (day < ends[:, None]))
    amount = round_won(fee[contract] * (1 + 0.015 * rng.standard_normal(len(contract))), 10)
    return customer[contract], category[contract], merchant[contract], day[contract, month], amount


def _day_weights(cards: Cards) -> np.ndarray:
    """Categories x days: weekday and month."""
    season = np.array([cards.parameters["months"][day.month - 1] for day in cards.dates])
    weekday = np.array([day.weekday() for day in cards.dates])
    rhythms = [cards.parameters["weekdays"][week] for week in cards.by_category("week", "work")]
    return np.array(rhythms)[:, weekday] * season


def _merchants(cards: Cards, category: np.ndarray, rng) -> np.ndarray:
    """The number of a merchant within its type; the first ones are the more frequent."""
    return (rng.random(len(category)) ** 1.5 * cards.by_category("merchants")[category]).astype(int)


def _cancelled(cards: Cards, holders: Holders, paid: Payments, rng) -> Payments:
    """Payments taken back some days later, while the customer is still awake."""
    chosen = (rng.random(len(paid)) < cards.parameters["return_share"]) & ~paid.is_auto
    back = paid.take(chosen)
    day = back.day + (rng.random(len(back)) * (cards.parameters["return_days"] + 1)).astype(int)
    none = np.zeros(len(back), dtype=np.int64)
    back = Payments(**{**vars(back), "day": day, "amount": -back.amount, "benefit": none})
    return back.take((day < len(cards.dates)) & (day < holders.silent_day[back.customer]))


def draw_duplicates(cards: Cards, count: int, rng) -> np.ndarray:
    """Positions of all payments, a share of them twice in a row."""
    return np.repeat(np.arange(count), 1 + (rng.random(count) < cards.parameters["duplicate_share"]))


def draw_incomes(cards: Cards, holders: Holders, rng) -> list[tuple[int, int, str, int]]:
    """Customer, day, kind and won: salary every month, a bonus in some, an allowance for some of the young."""
    told, bands = cards.parameters["incomes"], _age_bands(cards)
    salary, allowance, bonus = told["salary"], told["allowance"], told["bonus"]
    size, months = len(holders), [n for n, day in enumerate(cards.dates) if day.day == 1]
    pay = np.array([told["median"][band] for band in bands], dtype=float)[holders.age]
    pay *= np.exp(salary["sigma"] * rng.standard_normal(size))
    payday = np.array(salary["days"])[(rng.random(size) * len(salary["days"])).astype(int)]
    known, gets_bonus = rng.random(size) >= told["none"], rng.random(size) < bonus["share"]
    young = np.isin(holders.age, [bands.index(band) for band in allowance["ages"]])
    gets_allowance = young & (rng.random(size) < allowance["share"])
    pocket = round_won(allowance["median"] * np.exp(allowance["sigma"] * rng.standard_normal(size)), 10_000)
    noise = np.exp(salary["noise"] * rng.standard_normal((size, len(months))))
    rows = []
    for n in np.flatnonzero(known):
        for m, first in enumerate(months):
            if gets_allowance[n]:
                rows.append((n, first + allowance["day"] - 1, allowance["kind"], int(pocket[n])))
            rows.append((n, first + payday[n] - 1, salary["kind"], int(round_won(pay[n] * noise[n, m], 1_000))))
            if gets_bonus[n] and m + 1 in bonus["months"]:
                extra = int(round_won(pay[n] * bonus["of_salary"], 1_000))
                rows.append((n, first + payday[n] - 1, bonus["kind"], extra))
    return [row for row in rows if row[1] >= holders.first_day[row[0]]]


def _age_bands(cards: Cards) -> list[str]:
    return list(next(iter(cards.lifestyles.values()))["ages"])

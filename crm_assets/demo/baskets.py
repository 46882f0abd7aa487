"""Baskets: the lines of retail receipts, planted bundles, returns and exact duplicates.

Here: one draw per receipt line. Not here: when and where the receipt was written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_assets.demo.draws import Choice, GroupedChoice
from crm_assets.demo.people import People, major_weights
from crm_assets.demo.visits import Visits, round_won
from crm_assets.demo.vocabulary import Vocabulary

MOST_LINES = 40


@dataclass(frozen=True)
class Lines:
    """One entry per receipt line; `receipt` is a position among the receipts they belong to."""

    receipt: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    amount: np.ndarray

    def take(self, chosen: np.ndarray) -> Lines:
        """The lines of a mask or of positions."""
        return Lines(**{name: values[chosen] for name, values in vars(self).items()})

    def __len__(self) -> int:
        return len(self.receipt)


def draw_lines(vocabulary: Vocabulary, people: People, retail: Visits, rng: np.random.Generator) -> Lines:
    """The lines of retail visits, no product twice on a receipt."""
    single, product = _single_products(vocabulary, people, retail, rng)
    bundled, bundle_product = _bundled_products(vocabulary, people, retail, rng)
    receipt = np.concatenate([single, bundled])
    product = np.concatenate([product, bundle_product])
    width = len(vocabulary.products.codes)
    # A product twice on a receipt would now and then be an exact duplicate, which only the planted ones may be.
    receipt, product = np.divmod(np.unique(receipt * width + product), width)
    quantity = 1 + rng.poisson(vocabulary.products.extra_quantity[product])
    # A customer's receipts differ more than the lines of one receipt do, so that few receipts tell only so much.
    occasion = np.exp(vocabulary.population["occasion_noise"] * rng.standard_normal(len(retail)))
    level = (people.price_level[retail.customer] * occasion)[receipt]
    partner_price = np.array([p["price"] for p in vocabulary.retail.values()])[retail.partner[receipt]]
    noise = np.exp(vocabulary.population["price_noise"] * rng.standard_normal(len(receipt)))
    price = round_won(vocabulary.products.price[product] * level * partner_price * noise)
    return Lines(receipt, product, quantity, price * quantity)


def _single_products(vocabulary, people, retail, rng) -> tuple[np.ndarray, np.ndarray]:
    """Receipt and product of the lines bought for their own sake."""
    type_ = people.type[retail.customer]
    mean = np.array([p["lines"] for p in vocabulary.retail.values()])[retail.partner]
    mean = (mean - 1) * vocabulary.by_type("lines")[type_]
    count = np.minimum(1 + rng.poisson(mean * rng.gamma(2.0, 0.5, len(retail))), MOST_LINES)
    receipt = np.repeat(np.arange(len(retail)), count)
    customer, partner, type_ = retail.customer[receipt], retail.partner[receipt], type_[receipt]
    drawn = Choice(major_weights(vocabulary)).draw(type_ * len(vocabulary.retail) + partner, rng.random(len(receipt)))
    usual = rng.random(len(receipt)) < vocabulary.by_type("focus")[type_]
    major = np.where(usual, people.usual_major[customer, partner], drawn)
    product = _product_choice(vocabulary).draw(type_, major, rng.random(len(receipt)))
    return receipt, product


def _product_choice(vocabulary: Vocabulary) -> GroupedChoice:
    """Products within a major category by popularity, tilted by each type's liking for dear or cheap ones."""
    products = vocabulary.products
    count = np.bincount(products.major)
    typical = np.exp(np.bincount(products.major, np.log(products.price)) / count)
    tilt = vocabulary.by_type("price_tilt")[:, None]
    return GroupedChoice(products.popularity * (products.price / typical[products.major]) ** tilt, products.major)


def _bundled_products(vocabulary, people, retail, rng) -> tuple[np.ndarray, np.ndarray]:
    """Receipt and product of the planted bundles: at most one bundle on a receipt, some items left out."""
    codes, type_ = list(vocabulary.retail), people.type[retail.customer]
    draw, low = rng.random(len(retail)), np.zeros(len(retail))
    receipts, products = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for bundle in vocabulary.bundles:
        sold = np.isin(retail.partner, [codes.index(code) for code in bundle["partners"]])
        high = low + np.where(sold, bundle["rate"][type_], 0.0)
        chosen = np.flatnonzero((draw >= low) & (draw < high))
        low = high
        for item in bundle["items"]:
            kept = chosen[rng.random(len(chosen)) < vocabulary.bundle_kept]
            receipts.append(kept)
            products.append(np.full(len(kept), item, dtype=np.int64))
    return np.concatenate(receipts), np.concatenate(products)


def draw_returns(vocabulary: Vocabulary, day_count: int, retail: Visits, lines: Lines, rng) -> tuple[Visits, Lines]:
    """Lines brought back some days later: their own receipts, negative amounts and quantities."""
    back = lines.take(rng.random(len(lines)) < vocabulary.population["return_share"])
    receipts, position = np.unique(back.receipt, return_inverse=True)
    wait = 1 + (rng.random(len(receipts)) * vocabulary.population["return_days"]).astype(int)
    returns = retail.take(receipts)
    in_time = returns.day + wait < day_count
    fields = {**vars(returns), "day": returns.day + wait}
    kept = in_time[position]
    new_position = np.cumsum(in_time) - 1
    back = back.take(kept)
    negative = Lines(new_position[position[kept]], back.product, -back.quantity, -back.amount)
    return Visits(**fields).take(in_time), negative


def draw_duplicates(vocabulary: Vocabulary, line_count: int, rng) -> np.ndarray:
    """Positions of all lines, a share of them twice in a row."""
    twice = rng.random(line_count) < vocabulary.population["duplicate_share"]
    return np.repeat(np.arange(line_count), 1 + twice)

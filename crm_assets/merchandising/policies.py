"""Policies: which articles a segment is to be shown besides the recommender's own (``data/reference/policies.yaml``).

Here the file is read and checked; ``fitting`` tells which articles of a short list fit a policy, ``arranged`` gives the
places of a customer's recommendations to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import scipy.sparse as sp
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from crm_assets.files import read_yaml
from crm_assets.merchandising.purchases import SHORT_DAYS
from crm_assets.merchandising.recommenders import Scoring
from crm_assets.reference_files import Strict
from crm_assets.segmentation.rfm import BAND, read_schemes

Kind = Literal["recent", "premium", "seasonal", "interest", "rising", "bundle"]
NEEDED: Mapping[str, tuple[str, ...]] = {
    "recent": ("days",),
    "premium": ("share",),
    "seasonal": ("lift",),
    "rising": ("lift",),
    "interest": (),
    "bundle": (),
}
HALF = 0.5  # of an article's score, from which what was bought lately speaks for it
LEAST_RISING = 5  # customers lately, without whom nothing is called rising
LEAST_PRICED = 5  # articles of a category with a price, without which the dearest of all are premium
LEAST_RECEIPTS = 20  # of an article, without which it has no season
Lifecycle = Literal["new", "existing", "lapsed"]


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOf = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Policy(Strict):
    """A policy; which numbers it needs is said by its kind (``NEEDED``)."""

    kind: Kind
    ko: str = Field(min_length=1)
    en: str = Field(min_length=1)
    days: int | None = Field(None, ge=1)
    share: float | None = Field(None, gt=0, lt=1)
    lift: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _numbers_of_the_kind(self) -> Policy:
        given = {name for name in ("days", "share", "lift") if getattr(self, name) is not None}
        if given != {*NEEDED[self.kind]}:
            raise ValueError(f"a policy of the kind {self.kind} has {', '.join(NEEDED[self.kind]) or 'no number'}")
        return self


class Condition(Strict):
    """Of a customer; what is left out may be anything."""

    rfm_band: OneOf = ()
    segment_id: OneOf = ()
    lifecycle: Annotated[tuple[Lifecycle, ...], BeforeValidator(_several)] = ()

    def holds(self, customer: Mapping[str, object]) -> bool:
        return all(not wanted or customer[name] in wanted for name, wanted in self)


class Segment(Strict):
    when: Condition
    policies: tuple[str, ...] = Field(min_length=1)


class Policies(Strict):
    """The contents of the file."""

    policies: dict[Annotated[str, Field(pattern=r"^\w+$")], Policy]
    segments: tuple[Segment, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Policies:
        named = {name for segment in self.segments for name in segment.policies}
        if unknown := sorted(named - self.policies.keys()):
            raise ValueError(
                f"segments name the policies {', '.join(unknown)}, which are not among {list(self.policies)}"
            )
        return self

    def of(self, customer: Mapping[str, object]) -> tuple[str, ...]:
        """The policies of a customer, by rfm_band, segment_id and lifecycle; none where no segment fits."""
        return next((segment.policies for segment in self.segments if segment.when.holds(customer)), ())


def read_policies(reference: Path) -> Policies:
    """The policies of the folder of reference data.

    Raises:
        ValueError: the file is missing or wrong; names the place and the remedy.
    """
    path = reference / "policies.yaml"
    if not path.is_file():
        raise ValueError(f"there is no {path}: restore it, or write one without segments: {{policies: {{}}}}")
    try:
        found = Policies.model_validate(read_yaml(path))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError(f"{path}: {faults}. Its head says how it is written.") from error
    known = [group.name for group in read_schemes(reference)[BAND].groups]
    strange = sorted({band for segment in found.segments for band in segment.when.rfm_band} - {*known})
    if strange:
        raise ValueError(f"{path}: there is no rfm_band {', '.join(strange)}: known are {', '.join(known)}.")
    return found


@dataclass(frozen=True)
class Traits:
    """What policies go by, of articles and of a batch's customers.

    Attributes:
        category: (m,) major category of each article, empty where it has none.
        price_place: (m,) 0–1, share of the articles of its category that cost more; missing without a price.
        season_lift: (m,) how much more it is bought in the coming month's season than articles on the whole.
        interest: (n,) interest category of each customer, empty where there is none.
        led_to: (n, m) 1 = a rule leads to it from what the customer bought.
    """

    category: np.ndarray
    price_place: np.ndarray
    season_lift: np.ndarray
    interest: np.ndarray
    led_to: sp.csr_matrix


def _recent(days: int, at: np.ndarray, wanted: np.ndarray, of: Scoring) -> np.ndarray:
    """(n, k) what of each score comes from articles bought in the last days; 0 of customers who are not wanted, because
    it costs as much as the scores themselves."""
    lately = of.shoppers.days_ago[wanted]
    lately.data = ((lately.data - 1) <= days).astype(np.float32)
    scores = (of.shoppers.bought[wanted].multiply(lately).tocsr() @ of.knowledge.companions).toarray()
    found = np.zeros(at.shape)
    found[wanted] = np.take_along_axis(scores, at[wanted], axis=1)
    return found


def fitting(policy: Policy, places: np.ndarray, wanted: np.ndarray, of: Scoring, traits: Traits) -> np.ndarray:
    """(n, k) whether each article of the customers' short lists fits the policy.

    Args:
        places: (n, k) articles of the shelf; −1 = none, which never fits.
        wanted: (n,) whether the policy is the customer's; nothing is said of others.
    """
    there, at = places >= 0, np.maximum(places, 0)
    rows = np.arange(len(places))[:, None]
    match policy.kind:
        case "recent":
            score = of.collaborative[rows, at]
            fits = (score > 0) & (_recent(policy.days or 0, at, wanted, of) >= HALF * score)
        case "premium":
            fits = traits.price_place[at] < policy.share
        case "seasonal":
            fits = traits.season_lift[at] >= policy.lift
        case "interest":
            fits = (traits.category[at] == traits.interest[:, None]) & (traits.interest[:, None] != "")
        case "rising":
            shelf = of.knowledge.shelf
            fits = ((shelf.trend(SHORT_DAYS) >= policy.lift) & (shelf.recent[SHORT_DAYS] >= LEAST_RISING))[at]
        case "bundle":
            fits = np.asarray(traits.led_to[rows, at].todense()) > 0
    return fits & there


def arranged(
    places: np.ndarray, fits: Mapping[str, np.ndarray], policies: Sequence[Sequence[str]], most: int, every: int
) -> tuple[np.ndarray, np.ndarray]:
    """The final lists.

    Args:
        places: (n, k) short lists, the best first; −1 = none.
        fits: policy → (n, k) of ``fitting``.
        policies: those of each of the n customers, in order.
        most: length of the lists, at most k.
        every: each so many-th place is a policy's; 0 = none is.

    Returns:
        (n, most) columns of the short list; (n, most) the policy that a place was given to, None where it is the
        recommender's own.
    """
    n, k = places.shape
    most = min(most, k)
    left, rows = np.ones((n, k), dtype=bool), np.arange(n)
    chosen, given = np.zeros((n, most), dtype=int), np.full((n, most), None, dtype=object)
    for place in range(most):
        column = left.argmax(axis=1)
        if every and (place + 1) % every == 0:
            turn = (place + 1) // every - 1
            for row in rows:
                for name in [*policies[row][turn % max(len(policies[row]), 1) :], *policies[row]]:
                    fit = left[row] & fits[name][row]
                    if fit.any():
                        column[row], given[row, place] = fit.argmax(), name
                        break
        chosen[:, place] = column
        left[rows, column] = False
    return chosen, given

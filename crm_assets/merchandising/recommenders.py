"""Recommenders: how well each article of the shelf suits each customer, by methods that are judged side by side.

popularity         customers who bought it in the window
popularity_recent  … in the last ``LONG_DAYS`` days
cluster            customers of the same type who bought it (S4)
content            likeness to what the customer bought: categories and words of the name
collaborative      EASE (``similarity``): what buyers of the same articles bought
blend_<d>_<g>      collaborative × trend^g, trend = how much more it is bought in the last d days than over the window

Whatever the method, where it knows nothing of a customer the type's lasting favourites stand in, and are marked so.
Which one serves is chosen by what it reached in months past; that is ``choice``'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from crm_assets.merchandising.purchases import LONG_DAYS, SHORT_DAYS, Shelf, Shoppers

POPULARITY, RECENT, CLUSTER, CONTENT, COLLABORATIVE = (
    "popularity",
    "popularity_recent",
    "cluster",
    "content",
    "collaborative",
)
BLENDS = {
    f"blend_{days}_{power:g}": (days, power) for days in (SHORT_DAYS, LONG_DAYS) for power in (0.5, 1.0)
}  # name → days of the trend, its power
_WORD = r"(?u)\w+"
_STEPS, _PLACES = 2**30, 2**16  # a score in steps of the best one, and beside it the place among the favourites


@dataclass(frozen=True)
class Knowledge:
    """What is known at the end of a month, of all customers together.

    Attributes:
        shelf: the m articles.
        companions: (m, m) weights of ``similarity.companions``.
        content: (m, t) rows of length 1: words and categories of each article.
        by_segment: type → (m,) customers of it who bought each in the window.
    """

    shelf: Shelf
    companions: sp.csc_matrix
    content: sp.csr_matrix
    by_segment: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Scoring:
    """Some customers before the shelf; what several recommenders need is reckoned once."""

    knowledge: Knowledge
    shoppers: Shoppers

    @cached_property
    def collaborative(self) -> np.ndarray:
        """(n, m) sums of the companions' weights over what each bought."""
        return (self.shoppers.bought @ self.knowledge.companions).toarray()

    @cached_property
    def favourites(self) -> np.ndarray:
        """(n, m) m = the first … 1 = the last: what stands in where a recommender knows nothing. By the type's buyers
        times the trend, of customers without a type by all buyers'; of equal ones the more widely bought is first."""
        shelf, size = self.knowledge.shelf, len(self.knowledge.shelf)
        trend = shelf.trend(LONG_DAYS)
        names, of = np.unique(self.shoppers.segments.astype(str), return_inverse=True)
        rows = np.empty((len(names), size), dtype=np.int64)
        for row, segment in enumerate(names):
            wanted = self.knowledge.by_segment.get(segment, shelf.buyers) * trend
            rows[row, np.argsort(-wanted, kind="stable")] = np.arange(size, 0, -1)
        return rows[of]


Recommender = Callable[[Scoring], np.ndarray]


def content_of(texts: list[str]) -> sp.csr_matrix:
    """(m, t) TF-IDF of the words of each article's text, rows of length 1; all 0 where no article has a text."""
    if not any(re.search(_WORD, text) for text in texts):
        return sp.csr_matrix((len(texts), 1))
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(token_pattern=_WORD, sublinear_tf=True).fit_transform(texts).tocsr()


def _popularity(of: Scoring) -> np.ndarray:
    return np.broadcast_to(of.knowledge.shelf.buyers, of.shoppers.bought.shape)


def _popularity_recent(of: Scoring) -> np.ndarray:
    return np.broadcast_to(of.knowledge.shelf.recent[LONG_DAYS], of.shoppers.bought.shape)


def _cluster(of: Scoring) -> np.ndarray:
    nothing = np.zeros(len(of.knowledge.shelf))
    return np.array([of.knowledge.by_segment.get(segment, nothing) for segment in of.shoppers.segments])


def _content(of: Scoring) -> np.ndarray:
    from sklearn.preprocessing import normalize

    profile = normalize(of.shoppers.bought @ of.knowledge.content)
    return (profile @ of.knowledge.content.T).toarray()


def _collaborative(of: Scoring) -> np.ndarray:
    return of.collaborative


def _blend(days: int, power: float) -> Recommender:
    return lambda of: of.collaborative * of.knowledge.shelf.trend(days) ** power


RECOMMENDERS: Mapping[str, Recommender] = {
    POPULARITY: _popularity,
    RECENT: _popularity_recent,
    CLUSTER: _cluster,
    CONTENT: _content,
    COLLABORATIVE: _collaborative,
    **{name: _blend(*how) for name, how in BLENDS.items()},
}


def best(
    scores: np.ndarray, stand_in: np.ndarray, excluded: sp.csr_matrix | None, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """The articles with the highest scores of each customer.

    Args:
        scores: (n, m), 0 where nothing is known.
        stand_in: (n, m) of ``Scoring.favourites``, which tells equal ones apart: scores are equal that differ by less
            than a billionth of the best.
        excluded: (n, m) articles that must not be named; none = any may.
        most: how many at most; fewer where the shelf has no more.

    Returns:
        (n, k) places of articles, the best first, and (n, k) their scores; −1 and 0 where there is none.
    """
    top = scores.max(axis=1, keepdims=True, initial=0)
    # Whole numbers, no two of them alike: so the order is the same whatever the library that sorts.
    ranked = np.rint(scores * (_STEPS / np.where(top > 0, top, 1))).astype(np.int64) * _PLACES + stand_in
    if excluded is not None:
        ranked[excluded.nonzero()] = -1
    k = min(most, ranked.shape[1])
    places = np.argpartition(-ranked, max(k - 1, 0), axis=1)[:, :k]
    values = np.take_along_axis(ranked, places, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    places, values = (np.take_along_axis(of, order, axis=1) for of in (places, values))
    return np.where(values >= 0, places, -1), np.where(values >= 0, np.take_along_axis(scores, places, axis=1), 0)

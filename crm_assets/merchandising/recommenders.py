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

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

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


Recommender = Callable[[Knowledge, Shoppers], np.ndarray]


def content_of(texts: list[str]) -> sp.csr_matrix:
    """(m, t) TF-IDF of the words of each article's text, rows of length 1; all 0 where no article has a text."""
    if not any(text.strip() for text in texts):
        return sp.csr_matrix((len(texts), 1))
    return TfidfVectorizer(token_pattern=_WORD, sublinear_tf=True).fit_transform(texts).tocsr()


def _popularity(knowledge: Knowledge, shoppers: Shoppers) -> np.ndarray:
    return np.broadcast_to(knowledge.shelf.buyers, shoppers.bought.shape)


def _popularity_recent(knowledge: Knowledge, shoppers: Shoppers) -> np.ndarray:
    return np.broadcast_to(knowledge.shelf.recent[LONG_DAYS], shoppers.bought.shape)


def _cluster(knowledge: Knowledge, shoppers: Shoppers) -> np.ndarray:
    nothing = np.zeros(len(knowledge.shelf))
    return np.stack([knowledge.by_segment.get(segment, nothing) for segment in shoppers.segments])


def _content(knowledge: Knowledge, shoppers: Shoppers) -> np.ndarray:
    profile = normalize(shoppers.bought @ knowledge.content)
    return (profile @ knowledge.content.T).toarray()


def _collaborative(knowledge: Knowledge, shoppers: Shoppers) -> np.ndarray:
    return (shoppers.bought @ knowledge.companions).toarray()


def _blend(days: int, power: float) -> Recommender:
    def scores(knowledge: Knowledge, shoppers: Shoppers) -> np.ndarray:
        return _collaborative(knowledge, shoppers) * knowledge.shelf.trend(days) ** power

    return scores


RECOMMENDERS: Mapping[str, Recommender] = {
    POPULARITY: _popularity,
    RECENT: _popularity_recent,
    CLUSTER: _cluster,
    CONTENT: _content,
    COLLABORATIVE: _collaborative,
    **{name: _blend(*how) for name, how in BLENDS.items()},
}


def favourites(knowledge: Knowledge, shoppers: Shoppers) -> np.ndarray:
    """(n, m) above 0 and below 1: what stands in where a recommender knows nothing. The type's buyers times the trend,
    of customers without a type all buyers'; of equal ones the more widely bought is first."""
    shelf, places = knowledge.shelf, np.arange(len(knowledge.shelf), 0, -1) / (len(knowledge.shelf) + 1)
    trend = shelf.trend(LONG_DAYS)

    def of(segment: str) -> np.ndarray:
        wanted = knowledge.by_segment.get(segment, shelf.buyers) * trend
        return (wanted / max(wanted.max(initial=0), 1) + 1e-6 * places) / (1 + 1e-6)

    by_segment = {segment: of(segment) for segment in set(shoppers.segments)}
    return np.stack([by_segment[segment] for segment in shoppers.segments])


def best(
    scores: np.ndarray, stand_in: np.ndarray, excluded: sp.csr_matrix | None, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """The articles with the highest scores of each customer.

    Args:
        scores: (n, m), 0 or less where nothing is known; stand_in: (n, m) of ``favourites``.
        excluded: (n, m) articles that must not be named; none = any may.
        most: how many at most; fewer where the shelf has no more.

    Returns:
        (n, k) places of articles, the best first, and (n, k) their scores; −1 and 0 where there is none.
    """
    top = scores.max(axis=1, keepdims=True, initial=0)
    ranked = np.where(scores > 0, scores / np.where(top > 0, top, 1) + 1, 0) + 1e-9 * stand_in
    ranked = np.where(scores > 0, ranked, stand_in)
    if excluded is not None:
        ranked[excluded.nonzero()] = -1
    k = min(most, ranked.shape[1])
    places = (
        np.argpartition(-ranked, k - 1, axis=1)[:, :k]
        if k < ranked.shape[1]
        else np.tile(np.arange(k), (len(ranked), 1))
    )
    order = np.argsort(-np.take_along_axis(ranked, places, axis=1), axis=1, kind="stable")
    places = np.take_along_axis(places, order, axis=1)
    found = np.take_along_axis(ranked, places, axis=1) >= 0
    return np.where(found, places, -1), np.where(found, np.take_along_axis(np.maximum(scores, 0), places, axis=1), 0)

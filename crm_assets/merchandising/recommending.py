"""Recommendations of a batch of customers: the serving recommender's, arranged under policies, each with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from crm_assets.merchandising.policies import Policies, Traits, arranged, fitting
from crm_assets.merchandising.purchases import Shoppers
from crm_assets.merchandising.recommenders import (
    BLENDS,
    CLUSTER,
    COLLABORATIVE,
    CONTENT,
    RECOMMENDERS,
    Knowledge,
    Scoring,
    best,
)
from crm_assets.settings import Settings

SHORT_LIST = 50  # articles among which a policy finds its own
TOLD_BY_ARTICLES = {COLLABORATIVE, *BLENDS}
ROWS = 500  # customers whose likeness of contents is reckoned at once


@dataclass(frozen=True)
class Serving:
    """How a month recommends.

    Attributes:
        recommender: name of the one that serves; policies: of all segments.
    """

    knowledge: Knowledge
    recommender: str
    policies: Policies
    settings: Settings

    def recommend(self, shoppers: Shoppers, of: Sequence[tuple[str, ...]], traits: Traits) -> pd.DataFrame:
        """Rows of ``recommendations`` but for month and as_of.

        Args:
            of: policies of each customer.
            traits: of the shelf and of these customers.
        """
        settings = self.settings
        scoring = Scoring(self.knowledge, shoppers)
        excluded = None if settings.recommend_bought else shoppers.known
        most = settings.recommendations_per_customer
        scores = RECOMMENDERS[self.recommender](scoring)
        listed, values = best(scores, scoring.favourites, excluded, max(most, SHORT_LIST))
        used = {name for names in of for name in names} if settings.policy_every else set()
        fits = {
            name: fitting(self.policies.policies[name], listed, np.array([name in own for own in of]), scoring, traits)
            for name in used
        }
        columns, given = arranged(listed, fits, of, most, settings.policy_every)
        places = np.take_along_axis(listed, columns, axis=1)
        return self._rows(shoppers, of, places, np.take_along_axis(values, columns, axis=1), given)

    def _rows(
        self,
        shoppers: Shoppers,
        of: Sequence[tuple[str, ...]],
        places: np.ndarray,
        values: np.ndarray,
        given: np.ndarray,
    ) -> pd.DataFrame:
        articles, parts = self.knowledge.shelf.articles, []
        for column in range(places.shape[1]):
            place, score = places[:, column], values[:, column]
            told = self._told_by_articles(given[:, column], score)
            because, share = self._because(shoppers, place, score, told)
            parts.append(
                pd.DataFrame(
                    {
                        "customer_id": shoppers.ids,
                        "rank": column + 1,
                        "product_id": articles[np.maximum(place, 0)],
                        "recommender": self.recommender,
                        "score": score,
                        "reason": np.where(told & (because >= 0), "bought", self._reasons(shoppers, place, score)),
                        "because_product_id": np.where(because >= 0, articles[np.maximum(because, 0)], None),
                        "because_share": np.where(because >= 0, share, np.nan),
                        "policies": [" ".join(names) or None for names in of],
                        "policy": given[:, column],
                    }
                )[place >= 0]
            )
        return pd.concat(parts, ignore_index=True)

    def _reasons(self, shoppers: Shoppers, place: np.ndarray, score: np.ndarray) -> np.ndarray:
        """A favourite of the type is what somebody of the type bought."""
        nothing = np.zeros(len(self.knowledge.shelf))
        bought = [self.knowledge.by_segment.get(s, nothing)[p] for s, p in zip(shoppers.segments, place, strict=True)]
        typed = np.array(bought) > 0
        stand_in = np.where(typed, "type", "popular")
        if self.recommender in TOLD_BY_ARTICLES:
            return np.where(score > 0, "bought", stand_in)
        if self.recommender == CONTENT:
            return np.where(score > 0, "content", stand_in)
        return np.where(score > 0, "type" if self.recommender == CLUSTER else "popular", stand_in)

    def _told_by_articles(self, given: np.ndarray, score: np.ndarray) -> np.ndarray:
        """(n,) whether what was bought speaks for the article: of such a recommender, or of such a policy."""
        if self.recommender in TOLD_BY_ARTICLES:
            return score > 0
        recent = {name for name, policy in self.policies.policies.items() if policy.kind == "recent"}
        return np.array([name in recent for name in given])

    def _because(
        self, shoppers: Shoppers, place: np.ndarray, score: np.ndarray, told: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(n,) the bought article that speaks most for each recommended one, −1 = none; (n,) its part of the score."""
        nothing = np.full(len(place), -1), np.zeros(len(place))
        if told.any():
            companions = self.knowledge.companions[:, np.maximum(place, 0)].T.tocsr()
            return _most_telling(companions.multiply(shoppers.bought).tocsr(), told)
        if self.recommender == CONTENT:
            parts = [
                _most_telling(self._alike(shoppers, place, rows), score[rows] > 0)
                for rows in (slice(start, start + ROWS) for start in range(0, len(place), ROWS))
            ]
            return tuple(map(np.concatenate, zip(*parts, strict=True))) if parts else nothing
        return nothing

    def _alike(self, shoppers: Shoppers, place: np.ndarray, rows: slice) -> sp.csr_matrix:
        content = self.knowledge.content
        alike = content[np.maximum(place[rows], 0)] @ content.T
        return alike.multiply(shoppers.bought[rows]).tocsr()


def _most_telling(parts: sp.csr_matrix, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each row the column with the largest value and its share of the row's sum; −1 and 0 of rows not known.

    Of equal values the first column. Values are above 0.
    """
    parts.sort_indices()
    filled = np.flatnonzero(np.diff(parts.indptr))
    starts, size = parts.indptr[filled], parts.shape[0]
    column, share = np.full(size, -1), np.zeros(size)
    if len(filled):
        largest, total = np.maximum.reduceat(parts.data, starts), np.add.reduceat(parts.data, starts)
        of_row = np.repeat(np.arange(len(filled)), np.diff(parts.indptr)[filled])
        hit = np.flatnonzero(parts.data == largest[of_row])
        _, first = np.unique(of_row[hit], return_index=True)
        column[filled], share[filled] = parts.indices[hit[first]], largest / total
    return np.where(known, column, -1), np.where(known, share, 0)

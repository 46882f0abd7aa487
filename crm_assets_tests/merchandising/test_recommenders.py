"""What each recommender names, on a shelf of five articles; what stands in where it knows nothing."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from crm_assets.merchandising.purchases import Shelf, Shoppers
from crm_assets.merchandising.recommenders import (
    BLENDS,
    RECOMMENDERS,
    Knowledge,
    Scoring,
    best,
    content_of,
)

ARTICLES = np.array(["bread", "butter", "jam", "lamp", "bulb"], dtype=object)
TEXTS = ["rye bread", "butter", "rye jam", "desk lamp", "lamp bulb"]


@pytest.fixture
def knowledge() -> Knowledge:
    companions = np.zeros((5, 5))
    companions[0, 1], companions[1, 2], companions[0, 2], companions[3, 4] = 0.5, 0.4, 0.3, 0.2
    recent = {14: np.array([2.0, 2, 9, 0, 0]), 28: np.array([4.0, 1, 9, 0, 1])}
    shelf = Shelf(ARTICLES, np.array([40.0, 30, 20, 10, 5]), recent, 140)
    segments = {"cook": np.array([30.0, 25, 18, 0, 0]), "reader": np.array([1.0, 0, 0, 9, 4])}
    return Knowledge(shelf, sp.csc_matrix(companions), content_of(TEXTS), segments)


def shoppers(bought: list[list[int]], segments: list[str]) -> Shoppers:
    matrix = sp.csr_matrix(np.array(bought, dtype=np.float32))
    ids = np.array([f"c{i}" for i in range(len(bought))], dtype=object)
    return Shoppers(0, ids, np.array(segments, dtype=object), matrix, matrix, matrix)


def named(knowledge: Knowledge, who: Shoppers, name: str, most: int = 2) -> list[list[str]]:
    scoring = Scoring(knowledge, who)
    places, _ = best(RECOMMENDERS[name](scoring), scoring.favourites, who.known, most)
    return [[str(ARTICLES[p]) for p in row if p >= 0] for row in places]


def test_each_names_its_own(knowledge: Knowledge):
    who = shoppers([[1, 0, 0, 0, 0], [0, 0, 0, 1, 0]], ["cook", "reader"])
    assert named(knowledge, who, "popularity") == [["butter", "jam"], ["bread", "butter"]]
    assert named(knowledge, who, "popularity_recent") == [["jam", "butter"], ["jam", "bread"]]
    assert named(knowledge, who, "cluster") == [["butter", "jam"], ["bulb", "bread"]]
    assert named(knowledge, who, "content", 1) == [["jam"], ["bulb"]]  # rye, lamp
    assert named(knowledge, who, "collaborative", 1) == [["butter"], ["bulb"]]
    assert named(knowledge, who, "blend_14_1", 1) == [["jam"], ["bulb"]]  # jam is in demand: 0.3 × 10/3 above 0.5 × 3/4
    assert named(knowledge, who, "blend_14_0.5", 1) == [["jam"], ["bulb"]]
    assert len(BLENDS) == 4


def test_trend_is_recent_over_expected(knowledge: Knowledge):
    """By hand: 20 buyers in 140 days would be 2 in 14; 9 were."""
    assert knowledge.shelf.trend(14)[2] == (9 + 1) / (20 * 14 / 140 + 1)
    short = Shelf(ARTICLES, np.array([3.0] * 5), {28: np.array([3.0] * 5)}, 10)
    assert short.trend(28).tolist() == [1.0] * 5  # history is shorter than the days: as ever


def test_where_nothing_is_known_the_types_favourites_stand_in(knowledge: Knowledge):
    who = shoppers([[0, 0, 0, 0, 0]] * 3, ["cook", "", "nobody"])
    assert named(knowledge, who, "collaborative", 1) == [["jam"], ["jam"], ["jam"]]
    who = shoppers([[1, 0, 0, 0, 0]], ["reader"])
    assert named(knowledge, who, "collaborative", 4) == [["butter", "jam", "bulb", "lamp"]]  # then what readers buy
    stand_in = Scoring(knowledge, who).favourites
    assert sorted(stand_in[0]) == [1, 2, 3, 4, 5]


def test_what_was_bought_is_not_named_and_a_short_shelf_gives_fewer(knowledge: Knowledge):
    who = shoppers([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]], ["cook", "cook"])
    assert named(knowledge, who, "blend_28_1", 10) == [["bulb"], []]
    scoring = Scoring(knowledge, who)
    places, scores = best(RECOMMENDERS["popularity"](scoring), scoring.favourites, None, 10)
    assert places.shape == (2, 5) and sorted(places[1]) == [0, 1, 2, 3, 4]
    assert scores[0].tolist() == [40, 30, 20, 10, 5]


def test_equal_scores_are_told_apart_by_the_favourites(knowledge: Knowledge):
    who = shoppers([[0, 0, 0, 0, 0]], ["cook"])
    places, _ = best(np.array([[1.0, 1, 1, 0, 0]]), Scoring(knowledge, who).favourites, None, 3)
    assert [ARTICLES[p] for p in places[0]] == ["jam", "bread", "butter"]


def test_articles_without_a_text_are_like_none():
    assert content_of(["", " "]).nnz == 0
    assert content_of(["상품 하나", ""])[1].nnz == 0


def test_equal_scores_are_told_apart_on_a_long_shelf():
    """By the favourites alone, whatever the library that sorts makes of ties."""
    size = 3_000
    recent = {14: np.zeros(size), 28: np.zeros(size)}
    shelf = Shelf(np.arange(size).astype(str), np.arange(size, 0, -1.0), recent, 100)
    known = Knowledge(shelf, sp.csc_matrix((size, size)), sp.csr_matrix((size, 1)), {})
    scores = np.zeros((1, size))
    scores[0, [427, 385, 395, 305, 2_000]] = [1, 1, 1, 1, 1 + 1e-12]
    who = Shoppers(0, np.array(["x"]), np.array([""]), *[sp.csr_matrix((1, size))] * 3)
    places, _ = best(scores, Scoring(known, who).favourites, None, 4)
    assert places[0].tolist() == [305, 385, 395, 427]


@pytest.mark.parametrize("names", [["♥!", "?", "-"], ["", "", ""]])
def test_names_without_a_word_are_no_texts(names: list[str]):
    assert content_of(names).nnz == 0

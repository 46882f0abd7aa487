"""Policies: the file, which articles fit, and the places that they get."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from crm_assets.merchandising.policies import Policies, Policy, Traits, arranged, fitting, read_policies
from crm_assets.merchandising.purchases import Shelf, Shoppers
from crm_assets.merchandising.recommenders import Knowledge, Scoring
from crm_assets.segmentation.rfm import BAND, read_schemes
from crm_assets.settings import PROJECT_DIR

REFERENCE = PROJECT_DIR / "data" / "reference"
BUNDLE = "policies: {b: {kind: bundle, ko: 가, en: b}}\n"


def customer(**of: str) -> dict[str, str]:
    return {"rfm_band": "VIP", "segment_id": "top", "lifecycle": "existing", **of}


def test_every_band_has_a_policy():
    policies = read_policies(REFERENCE)
    bands = [group.name for group in read_schemes(REFERENCE)[BAND].groups]
    assert len(bands) == 10 and all(policies.of(customer(rfm_band=band)) for band in bands)
    assert policies.of(customer()) == ("recent_history", "premium")
    assert policies.of(customer(lifecycle="lapsed")) == ("interest",)
    assert policies.of(customer(rfm_band="")) == ()


def test_bands_of_the_file_are_bands():
    bands = {group.name for group in read_schemes(REFERENCE)[BAND].groups}
    named = {band for segment in read_policies(REFERENCE).segments for band in segment.when.rfm_band}
    assert named == bands


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("policies: {a: {kind: premium, ko: 가, en: a}}", "a policy of the kind premium has share"),
        ("policies: {a: {kind: bundle, ko: 가, en: a, days: 3}}", "a policy of the kind bundle has no number"),
        ("policies: {a: {kind: cheap, ko: 가, en: a}}", "policies.a.kind"),
        ("policies: {}\nsegments: [{when: {}, policies: [b]}]", "segments name the policies b"),
        ("policies: {}\nsegments: [{when: {band: VIP}, policies: [b]}]", "segments.0.when.band"),
        ("segments: []", "policies: Field required"),
        (f"{BUNDLE}segments: [{{when: {{lifecycle: laspsed}}, policies: [b]}}]", "lifecycle"),
        (
            f"{BUNDLE}segments: [{{when: {{rfm_band: Vip}}, policies: [b]}}]",
            "there is no rfm_band Vip: known are VIP",
        ),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, why: str):
    shutil.copytree(REFERENCE / "rfm", tmp_path / "rfm")
    (tmp_path / "policies.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"policies\.yaml") as refused:
        read_policies(tmp_path)
    assert why in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match="restore it, or write one without segments"):
        read_policies(tmp_path)


@pytest.fixture
def knowledge() -> Knowledge:
    companions = sp.csc_matrix(np.array([[0, 0, 3, 1], [0, 0, 1, 3], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=float))
    shelf = Shelf(np.array(list("abcd")), np.array([100.0, 50, 40, 8]), {14: np.array([1.0, 1, 30, 4])}, 140)
    return Knowledge(shelf, companions, sp.csr_matrix((4, 1)), {})


def fits(knowledge: Knowledge, policy: dict[str, object]) -> list[list[bool]]:
    """Of two customers who bought a and b: the first a yesterday and b long ago, the second the other way round."""
    bought = sp.csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 0, 0]], dtype=np.float32))
    ago = sp.csr_matrix(np.array([[2, 200, 0, 0], [200, 2, 0, 0]], dtype=np.float32))
    who = Shoppers(0, np.array(["x", "y"]), np.array(["", ""]), bought, bought, ago)
    traits = Traits(
        np.array(["food", "food", "light", ""], dtype=object),
        np.array([0.0, 0.5, 0.2, np.nan]),
        np.array([1.0, 1.2, 0.4, 2.0]),
        np.array(["light", ""], dtype=object),
        sp.csr_matrix(np.array([[0, 0, 0, 1], [0, 0, 0, 0]])),
    )
    places = np.array([[2, 3, 1, -1], [2, 3, 1, -1]])
    return fitting(
        Policy(ko="가", en="a", **policy), places, np.ones(2, dtype=bool), Scoring(knowledge, who), traits
    ).tolist()


def test_what_fits(knowledge: Knowledge):
    no = [False] * 4
    assert fits(knowledge, {"kind": "recent", "days": 1}) == [[True, False, False, False], [False, True, False, False]]
    assert fits(knowledge, {"kind": "recent", "days": 0 + 199}) == [[True, True, False, False]] * 2
    assert fits(knowledge, {"kind": "premium", "share": 0.33}) == [[True, False, False, False]] * 2
    assert fits(knowledge, {"kind": "seasonal", "lift": 1.2}) == [[False, True, True, False]] * 2
    assert fits(knowledge, {"kind": "interest"}) == [[True, False, False, False], no]
    assert fits(knowledge, {"kind": "rising", "lift": 2}) == [[True, False, False, False]] * 2  # d: four customers only
    assert fits(knowledge, {"kind": "bundle"}) == [[False, True, False, False], no]


def test_places_are_given_in_turn():
    places = np.arange(8)[None, :]
    no = np.zeros((1, 8), dtype=bool)
    premium, rising = no.copy(), no.copy()
    premium[0, [5, 6]], rising[0, 7] = True, True
    fitted = {"premium": premium, "rising": rising}

    def order(policies: tuple[str, ...], every: int) -> tuple[list[int], list[str | None]]:
        columns, given = arranged(places, fitted, [policies], 6, every)
        return columns[0].tolist(), given[0].tolist()

    assert order(("premium", "rising"), 3) == ([0, 1, 5, 2, 3, 7], [None, None, "premium", None, None, "rising"])
    assert order(("rising", "premium"), 2) == ([0, 7, 1, 5, 2, 6], [None, "rising", None, "premium", None, "premium"])
    assert order((), 3) == ([0, 1, 2, 3, 4, 5], [None] * 6)
    assert order(("premium",), 0) == ([0, 1, 2, 3, 4, 5], [None] * 6)


def test_a_short_list_is_not_repeated():
    columns, given = arranged(np.array([[4, 2]]), {"a": np.array([[False, True]])}, [("a",)], 10, 1)
    assert columns.tolist() == [[1, 0]] and given.tolist() == [["a", None]]


def test_policies_without_segments_are_none():
    assert Policies(policies={}).of(customer()) == ()

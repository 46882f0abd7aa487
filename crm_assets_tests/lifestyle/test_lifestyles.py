"""Lifestyles: planted ones are found, named, stable, and keep their ids under refits, other seeds, shuffled rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from crm_assets.lifestyle import fitting
from crm_assets.lifestyle.lifestyle_model import LifestyleModel, assign, changed_share
from crm_assets.lifestyle.lifestyles_of_month import LifestylesOfMonth, lifestyles_of_month
from crm_assets.lifestyle.personas import Profile, lifestyle_name, name_lifestyles, read_lifestyles
from crm_assets.lifestyle.spend import share_matrix
from crm_assets.segmentation.k_choice import kmeans
from crm_assets.settings import Settings
from crm_assets_tests.lifestyle.planted_lifestyles import CARD, CATEGORIES, FOLDER, GENERIC, planted

MARCH = date(2021, 3, 31)


def fitted(spend: pd.DataFrame, previous: LifestyleModel | None = None, lifestyles=CARD, **settings) -> LifestyleModel:
    given = Settings(**settings)
    return fitting.fit(spend, given.lifestyle_k, "2021-03-31", given, lifestyles, previous)


def ids(model: LifestyleModel, spend: pd.DataFrame) -> pd.Series:
    return assign(model, spend).set_index("customer_id")["lifestyle_id"]


@pytest.mark.parametrize(("own", "rand", "named"), [(0.55, 0.98, 0.99), (0.4, 0.9, 0.95)])
def test_planted_lifestyles_are_found_and_bear_their_personas(own: float, rand: float, named: float):
    spend, truth = planted(own=own)
    model = fitted(spend)
    found = ids(model, spend)
    shares = share_matrix(spend, truth.index, CATEGORIES)
    roots = np.sqrt(shares)
    others = {"shares": shares, "roots": roots, "standardised roots": (roots - roots.mean(axis=0)) / roots.std(axis=0)}
    compared = {n: round(adjusted_rand_score(truth, kmeans(x, 14, 42).labels_), 3) for n, x in others.items()}
    index = adjusted_rand_score(truth, found)
    print(f"own {own}: adjusted Rand with what was planted {index:.3f}, others {compared}; named as planted "
          f"{(found == truth).mean():.3f}; over 20 seeds {np.mean(model.adjusted_rand):.3f}")  # fmt: skip
    assert index >= rand and (found == truth).mean() >= named and index >= max(compared.values()) - 0.02
    assert len(model.adjusted_rand) == 20 and np.mean(model.adjusted_rand) >= 0.95
    assert set(model.lifestyle_ids) == {p.id for p in CARD.personas}


def _renamed(expected: pd.Series, found: pd.Series) -> list[tuple[str, str]]:
    """Lifestyles whose largest part bears another id."""
    overlap = pd.crosstab(expected, found.reindex(expected.index))
    return [(i, j) for i, j in overlap.idxmax(axis=1).items() if i != j]


def _seeds() -> Iterable[int]:
    return (0, 1, 7, 99)


@pytest.mark.parametrize("seed", _seeds())
@pytest.mark.parametrize("names", ["card", "generic"])
def test_names_stay_under_other_seeds_shuffled_rows_and_a_refit(seed: int, names: str):
    lifestyles = {"card": CARD, "generic": GENERIC}[names]
    spend, _ = planted()
    later, _ = planted(seed=2)
    first = fitted(spend, lifestyles=lifestyles)
    again = fitted(spend.sample(frac=1, random_state=seed), lifestyles=lifestyles, seed=seed)
    assert _renamed(ids(first, spend), ids(again, spend)) == []
    refit = fitted(later.sample(frac=1, random_state=seed), previous=first, lifestyles=lifestyles, seed=seed)
    assert refit.lifestyle_ids == first.lifestyle_ids and refit.signatures == first.signatures
    assert _renamed(ids(first, later), ids(refit, later)) == []


def test_the_same_rows_in_any_order_give_the_same_text():
    spend, _ = planted(500)
    assert fitted(spend).to_json() == fitted(spend.sample(frac=1, random_state=5)).to_json()


def test_a_model_reads_back():
    spend, _ = planted(500)
    model = fitted(spend)
    assert LifestyleModel.from_json(model.to_json()) == model
    with pytest.raises(ValueError, match="not a lifestyle model"):
        LifestyleModel.from_json("{}")


def test_a_refit_takes_in_a_new_category_and_keeps_the_others():
    spend, truth = planted()
    first = fitted(spend)
    pets = {c for c in truth.index[truth == "kangaroo"]}
    moved = spend.assign(category=spend["category"].mask(spend["customer_id"].isin(pets), "반려동물"))
    moved = moved.groupby(["customer_id", "category"], as_index=False)[["amount", "share"]].sum()
    population = moved.groupby("category")["share"].sum() / moved["customer_id"].nunique()
    assert changed_share(first, population) == pytest.approx(len(pets) / len(truth))
    refit = fitted(moved, previous=first)
    found = ids(refit, moved)
    assert found[sorted(pets)].nunique() == 1
    others = truth.drop(list(pets))
    assert (found[others.index] == others).mean() > 0.97


def of_month(
    spend: pd.DataFrame,
    previous: LifestyleModel | None,
    as_of: date = MARCH,
    history_start: date = date(2020, 1, 1),
    **given,
) -> LifestylesOfMonth:
    settings = Settings(**{"lifestyle_min_customers": 20} | given)
    size = spend["customer_id"].nunique()
    population = spend.groupby("category")["share"].sum() / max(size, 1)
    return lifestyles_of_month(size, population, lambda: spend, previous, settings, CARD, as_of, history_start)


def test_a_model_is_frozen_until_it_is_old_or_asked_for_or_the_categories_change():
    spend, _ = planted(500)
    first = of_month(spend, None)
    assert first.is_new and first.reason == "first fit. K=14, as many as may be"
    model = first.model
    assert of_month(spend, model, date(2021, 4, 30)).model is model
    assert of_month(spend, model, date(2022, 2, 28)).reason.startswith("reused: 11 months old, 0.000")
    assert of_month(spend, model, date(2022, 3, 31)).reason.startswith("refit: the model is 12 months old, 12 are set")
    assert of_month(spend, model, lifestyle_refit=True).reason.startswith("refit by hand")
    assert of_month(spend, model, lifestyle_k=5).model.k == 5
    one = spend[spend["category"] != "온라인쇼핑"]
    assert not of_month(one, model).is_new  # a single category gone is no other world
    many = spend[~spend["category"].isin(["온라인쇼핑", "보험", "통신"])]
    changed = of_month(many, model)
    assert changed.is_new and "of the spend is on categories new or gone, above 0.1" in changed.reason


def test_a_model_of_a_history_that_begins_is_fitted_anew_as_months_come():
    spend, _ = planted(500)
    start = date(2021, 2, 1)
    model = of_month(spend, None, date(2021, 2, 28), start).model
    second = of_month(spend, model, date(2021, 3, 31), start)
    assert second.reason.startswith("refit: spend of 2 months is known now, was of 1")
    third = of_month(spend, second.model, date(2021, 4, 30), start)
    assert third.is_new
    assert not of_month(spend, third.model, date(2021, 5, 31), start).is_new


def test_months_without_lifestyles_say_why():
    spend, _ = planted(500)
    few = spend[spend["customer_id"] < "C00039"]
    none = "39 active customers, fewer than 20 for each of two lifestyles: no lifestyles"
    assert of_month(few, None).reason == none
    assert of_month(spend.iloc[:0], None).reason == "no spend has a category: no lifestyles"
    one = spend[["customer_id"]].drop_duplicates().assign(category="보험", share=1.0)
    assert of_month(one, None).reason == "all spend is on one category, 보험: no lifestyles"
    two = one.assign(category=["보험", "통신"] * 250)
    assert of_month(two, None).reason == "2 different patterns of spend for 14 lifestyles: none"


def test_few_customers_make_few_lifestyles():
    spend, _ = planted(500)
    found = of_month(spend[spend["customer_id"] < "C00342"], None, lifestyle_min_customers=50)
    assert found.model.k == 6 and found.model.asked_k == 14
    assert found.reason == ("first fit. 342 active customers, 50 for each, are too few for 14. K=6, as many as may be")
    grown = of_month(spend, found.model, date(2021, 4, 30), lifestyle_min_customers=50)
    assert grown.model is found.model, "kept until the next refit"
    assert of_month(spend, found.model, date(2022, 3, 31), lifestyle_min_customers=50).model.k == 10


def test_k_by_stability_finds_five_planted_groups():
    """No structure beyond five groups: 14 are unstable, and the rule goes down to what is stable."""
    spend, truth = planted(700, own=0.7)
    five = spend[spend["customer_id"].isin(truth.index[truth.isin(["four_wheels", "thumb_shopper", "kangaroo",
                                                                   "telecom_king", "transit_master"])])]  # fmt: skip
    model = fitted(five, lifestyle_k=9, lifestyle_min_stability=0.97)
    print(model.k_reason)
    assert model.k == 5 and "the largest up to 9 that is stable" in model.k_reason
    unstable = fitted(five, lifestyle_k=9)
    assert np.mean(unstable.adjusted_rand) < 0.97


def test_names_of_both_languages_and_of_lifestyles_without_persona():
    assert lifestyle_name("four_wheels", ["정비", "주유"], CARD, "ko") == "사족보행"
    assert lifestyle_name("four_wheels", ["정비", "주유"], CARD, "en") == "Four-Wheeled"
    assert lifestyle_name("medical_abroad", ["의료"], CARD, "ko") == "의료·해외 중심"
    assert lifestyle_name("FUEL+DELI", ["FUEL", "DELI"], GENERIC, "en") == "FUEL and DELI"
    assert lifestyle_name("TYPE-2", ["TYPE-2"], GENERIC, "en") == "TYPE-2"
    assert lifestyle_name("TYPE-2-2", ["TYPE-2"], GENERIC, "en") == "TYPE-2 (2)"
    assert lifestyle_name("plain-3", [], GENERIC, "ko") == "그 밖의 소비 (3)"


def test_a_refit_keeps_no_name_that_the_evidence_denies():
    categories, even = ("bread", "tea", "wine"), np.array([0.3, 0.4, 0.3])
    members = np.array([[0.3, 0.1, 0.6], [0.3, 0.4, 0.3], [0.2, 0.7, 0.1], [0.5, 0.3, 0.2], [0.35, 0.35, 0.3]])
    nothing = np.full((5, 3), np.nan)
    evident = nothing.copy()
    evident[0, 2], evident[2, 1], evident[3, 0], evident[4, 0] = 0.9, 0.8, 0.7, 0.2
    kept = {0: "plain", 1: "plain-2", 2: "bread", 3: "bread+tea", 4: "plain-3"}
    known = {name: [] if name.startswith("plain") else name.split("+") for name in kept.values()}
    ids, named = name_lifestyles(Profile(members, even, evident, categories), GENERIC, kept, known)
    assert ids[0] == "wine", "it was called plain, and is set apart like others"
    assert ids[1:] == ["plain-2", "bread", "bread+tea", "plain-3"], "near to all; named after categories, a label"
    assert named == {"wine": ["wine"]}
    ids, _ = name_lifestyles(Profile(members, even, nothing, categories), GENERIC, kept, known)
    assert ids == list(kept.values())


def test_a_refit_keeps_a_persona_as_long_as_one_of_its_categories_stands_out():
    categories, even = ("정비", "주유", "카페"), np.array([0.3, 0.4, 0.3])
    members = np.array([[0.2, 0.1, 0.7], [0.6, 0.3, 0.1], [0.3, 0.4, 0.3]])
    evident = np.full((3, 3), np.nan)
    evident[0, 2], evident[1, 0] = 0.9, 0.8
    profile = Profile(members, even, evident, categories)
    kept = {0: "four_wheels", 2: "colourless"}
    assert name_lifestyles(profile, CARD, kept, {})[0] == ["카페", "four_wheels", "colourless"], "given where it fits"
    kept = {1: "four_wheels", 2: "colourless"}
    assert name_lifestyles(profile, CARD, kept, {})[0][1:] == ["four_wheels", "colourless"]


def test_equal_lifestyles_get_different_ids_and_are_ordered_by_their_profile():
    """Without personas, and K above what was planted, two halves of one lifestyle are told apart by a number."""
    spend, _ = planted(700)
    model = fitted(spend, lifestyles=GENERIC, lifestyle_k=20)
    assert len(set(model.lifestyle_ids)) == 20 and list(model.lifestyle_ids) == sorted(model.lifestyle_ids)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("personas: []", "systematic: Field required"),
        ("personas: [{id: a, line: {ko: x, en: y}}, {id: b, line: {ko: x, en: y}}]", "one persona at most"),
        ("personas: [{id: a+b, line: {ko: x, en: y}, signature: [c]}]", "hold a +"),
        ("personas: [{id: a, line: {ko: x}, signature: [c]}]", "needed in ko and en"),
    ],
)
def test_a_file_that_is_not_right_is_refused(tmp_path: Path, text: str, fault: str):
    words = "" if "systematic" in fault else (FOLDER / "generic.yaml").read_text().partition("personas: []")[2]
    (tmp_path / "x.yaml").write_text(text + "\n" + words)
    with pytest.raises(ValueError, match=fault.replace("+", r"\+")):
        read_lifestyles(tmp_path / "x.yaml")
    with pytest.raises(ValueError, match=r"name one of \['x'\]"):
        read_lifestyles(tmp_path / "y.yaml")

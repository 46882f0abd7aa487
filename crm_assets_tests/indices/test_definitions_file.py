"""Files of indices: the shipped ones hold, and whatever is not whole is refused with what, where and the remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from crm_assets.indices.definitions import GENERIC, IndexFileError, indices_of, read_indices
from crm_assets.indices.engine import first_month
from crm_assets.months import Snapshot
from crm_assets.receipts.sources import SourceError, read_source, source_names
from crm_assets.refresh import _require_reference
from crm_assets.settings import Settings
from crm_assets_tests.indices.index_shop import DAYPARTS, content, index, label, model, reference

REFERENCE = Settings.read({}).reference


def refused(tmp_path: Path, told: object) -> str:
    path = tmp_path / "told.yaml"
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    with pytest.raises(IndexFileError) as error:
        read_indices(path)
    assert str(path) in str(error.value) and str(error.value).endswith("compare generic.yaml beside it.")
    return str(error.value)


@pytest.mark.parametrize("name", source_names(REFERENCE))
def test_every_source_has_indices_that_fit_it(name: str):
    source = read_source(REFERENCE, name)
    found = indices_of(REFERENCE, source, 12)
    named = yaml.safe_load((REFERENCE / "indices" / f"{source.indices or GENERIC}.yaml").read_text(encoding="utf-8"))
    assert [i.id for i in found.all] == [i["id"] for i in [*named["indices"], *named.get("model_indices", [])]]


def test_the_seeds_dayparts_cover_the_day_and_24_is_0():
    sets = read_indices(REFERENCE / "indices" / "washer.yaml").dayparts
    assert sets["s3"] == {
        "dawn": (1, 2, 3, 4, 5, 6), "morning": (7, 8, 9, 10, 11), "lunch": (12, 13, 14),
        "evening": (15, 16, 17, 18, 19, 20, 21, 22, 23, 0),
    }  # fmt: skip
    assert {name: (part[0], part[-1]) for name, part in sets["s0"].items()} == {
        "dawn": (0, 5), "morning": (6, 11), "afternoon": (12, 17), "evening": (18, 23),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("6-12", "dayparts s0: each hour once; twice [12], missing []"),
        ("6-10", "dayparts s0: each hour once; twice [], missing [11]"),
        ("6-11, 24", "twice [0]"),
        ("6-25", "'6-25' are no hours; write 15-24"),
        ("11-6", "'11-6' are no hours"),
        ("am", "'am' are no hours"),
        (7.5, "7.5 are no hours"),
        ([7, 8], "[7, 8] are no hours"),
        (None, "None are no hours"),
    ],
)
def test_dayparts_that_are_no_day(tmp_path: Path, hours: object, said: str):
    sets = {**DAYPARTS, "s0": {**DAYPARTS["s0"], "morning": hours}}
    assert said in refused(tmp_path, content([index()], dayparts=sets))


def test_a_daypart_of_two_stretches(tmp_path: Path):
    path = tmp_path / "told.yaml"
    told = content([index("x", "daypart:n", ["night"])], dayparts={"n": {"night": "22-24, 1-5", "day": "6-21"}})
    path.write_text(yaml.safe_dump(told))
    assert read_indices(path).dayparts["n"]["night"] == (22, 23, 0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (content([index("x", "daypart:s9", ["morning"])]),
         "x: there are no dayparts 's9': known are daypart:s0, daypart:s3"),
        (content([index("x", "daypart:s3", ["noon"])]),
         "x: daypart:s3 is one of dawn, evening, lunch, morning, not noon"),
        (content([index("x", "weekday", ["sat"])]), "not sat"),
        (content([index("x", "channel", ["web"])]), "x: channel is one of offline, online, not web"),
        (content([index(), index()]), "the id x stands twice"),
        (content([index()], [model("x", "churn_risk", "churn_risk", scale="percentile")]), "the id x stands twice"),
        (content([index(values=[])]), "indices.x.values"),
        (content([index(values=["a", "a"])]), "the value a stands twice"),
        (content([index(min_events=0)]), "indices.x.min_events"),
        (content([index(population="shop")]), "indices.x.population"),
        (content([index(window_months=0)]), "indices.x.window_months"),
        (content([index(valuse=["a"])]), "indices.x.valuse"),
        (content([{**index(), "title": {"ko": "위생"}}]), "the title is needed in ko and en"),
        (content([{**index(), "id": "아침"}]), "indices.아침.id"),
        (content([index(labels=[label()])]), "give exactly one of at_least, at_most"),
        (content([index(labels=[label(at_least=0)])]), "at_least is above 0 %p"),
        (content([index(labels=[label(at_least=-5)])]), "at_least is above 0 %p"),
        (content([index(labels=[label(at_most=5)])]), "at_most below 0"),
        (content([index(labels=[label(at_least=float("nan"))])]), "indices.x.labels.0.at_least"),
        (content([index(labels=[label(at_least=101)])]), "neither beyond 100"),
        (content([index(labels=[label("a", at_least=5), label("a", at_least=6)])]), "the label a stands twice"),
        (content([index(labels=[label("a", at_least=5), label("b", at_least=5)])]), "two labels have one threshold"),
        (content(models=[model("x", "rfm_scores", "monetary")]), "there is no table 'rfm_scores' to take a score from"),
        (content(models=[model("x", "dormancy_predictions", "prob")]), "dormancy_predictions has no number 'prob'"),
        (content(models=[model("x", "dormancy_predictions", "rfm_grade")]), "has no number 'rfm_grade'"),
        (content(models=[model("x", "churn_risk", "churn_risk")]),
         "is no probability from 0 to 1; write scale: percentile"),
        (content(models=[model("x", "new_customer_predictions", "probabilities")]), "say which, types: loyal"),
        (content(models=[model("x", "alive_probabilities", "p_alive", types="loyal")]), "types belong to"),
        (content(models=[model("x", "alive_probabilities", "p_alive", labels=[label(at_least=101)])]), "from 0 to 100"),
        (content(models=[model("x", "alive_probabilities", "p_alive",
                               labels=[label("a", at_least=40), label("b", at_most=60)])]),
         "at_most 60 meets at_least 40"),
        (content(), "there is no index"),
        ([1], "dictionary"),
        (None, "dictionary"),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused(tmp_path: Path, told: object, said: str):
    assert said in refused(tmp_path, told)


def test_what_is_no_yaml_or_not_there(tmp_path: Path):
    (tmp_path / "broken.yaml").write_text("indices: [")
    with pytest.raises(IndexFileError, match=r"broken\.yaml cannot be used: .*line 2"):
        read_indices(tmp_path / "broken.yaml")
    with pytest.raises(IndexFileError, match=r"there is no .*none\.yaml; there are: broken\. Name one"):
        read_indices(tmp_path / "none.yaml")


MAPPED = {"course": {"column": "c", "map": {"위생": "hygiene", "표준": "standard"}}, "option": "o"}


@pytest.mark.parametrize(
    ("given", "attributes", "said"),
    [
        (index(attribute="curse"), MAPPED,
         "x: there is no attribute 'curse' in sources/lpoint.yaml: known are course, option,"),
        (index(values=["위생"]), MAPPED, "x: course is one of hygiene, standard in sources/lpoint.yaml, not 위생"),
        (index("x", "channel", ["online"]), {"channel": "c"},
         "channel is an attribute of lpoint too; name that one otherwise"),
        (index(window_months=13), MAPPED, "x: window_months 13 is more than the window's 12"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_source_is_refused_before_anything_is_read(tmp_path: Path, given, attributes, said: str):
    folder = reference(tmp_path / "r", content([given]), attributes)
    with pytest.raises(IndexFileError, match=r"told\.yaml: x: ") as error:
        _require_reference(Settings.read({}, reference_dir=str(folder)))
    assert said in str(error.value)


def test_a_value_without_a_map_may_be_anything_and_all_history_has_no_longest(tmp_path: Path):
    told = content([index("x", "option", ["anything"], window_months=13)])
    folder = reference(tmp_path / "r", told, MAPPED)
    assert indices_of(folder, read_source(folder, "lpoint"), None).indices[0].values == ("anything",)


def test_a_mapping_that_names_no_file_is_refused(tmp_path: Path):
    folder = reference(tmp_path / "r", content([index()]))
    (folder / "indices" / "told.yaml").unlink()
    with pytest.raises(SourceError, match=r"there are no indices 'told': known are \['card', 'generic', 'washer'\]"):
        read_source(folder, "lpoint")


def test_an_index_looks_back_its_own_months_within_the_window(tmp_path: Path):
    path = tmp_path / "told.yaml"
    path.write_text(yaml.safe_dump(content([index("a"), index("b", window_months=2), index("c", window_months=9)])))
    of = Snapshot(month=date(2021, 3, 1), history_start=date(2020, 12, 27), window_months=12)
    first = [first_month(i, of) for i in read_indices(path).indices]
    assert first == [date(2020, 12, 1), date(2021, 2, 1), date(2020, 12, 1)]

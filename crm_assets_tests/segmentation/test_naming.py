"""Names follow where a type lies, never its number, and every type gets an id of its own."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from crm_assets.segmentation.naming import AXES, is_loyal, name_segments, read_personas, segment_name
from crm_assets.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "data" / "reference" / "personas"
LPOINT = read_personas(FOLDER / "lpoint.yaml")
GENERIC = read_personas(FOLDER / "generic.yaml")

# Recency, frequency, monetary in standard deviations: S0's four types as its cards describe them.
S0_TYPES = {
    "corona_averse": (2.0, -0.7, -0.6),
    "novice": (-0.2, -0.5, -0.1),
    "master": (-0.7, 2.2, 3.5),
    "pro": (-0.7, 2.0, 0.2),
}


@pytest.mark.parametrize("personas", [LPOINT, GENERIC], ids=["lpoint", "generic"])
def test_a_shipped_file_has_four_types_that_name_themselves(personas):
    targets = np.array([p.target for p in personas.personas])
    assert name_segments(targets, personas) == [p.id for p in personas.personas]
    assert len({p.names["ko"] for p in personas.personas}) == len(personas.personas) == 4


def test_s0_types_take_s0_names_and_numbers():
    ids = name_segments(np.array(list(S0_TYPES.values())), LPOINT)
    assert ids == list(S0_TYPES)
    assert [p.number for p in LPOINT.personas if p.id in ids] == [1, 2, 3, 4]
    assert [segment_name(i, LPOINT) for i in ids] == ["코로나 싫어", "초보주부", "롯데고수", "주부9단"]


def test_names_do_not_depend_on_the_order_of_the_types():
    for order in permutations(S0_TYPES):
        assert name_segments(np.array([S0_TYPES[i] for i in order]), LPOINT) == list(order)


def test_names_do_not_depend_on_the_scale_of_the_clustering():
    places = np.array(list(S0_TYPES.values()))
    assert name_segments(places * [0.1, 12.0, 30.0] + 5, LPOINT) == list(S0_TYPES)


def test_fewer_types_than_personas_take_the_nearest_names():
    assert name_segments(np.array([S0_TYPES["master"], S0_TYPES["corona_averse"]]), LPOINT) == [
        "master",
        "corona_averse",
    ]


def test_types_beyond_the_personas_are_described_by_loyalty_and_spend():
    places = np.array([*S0_TYPES.values(), (0.1, 0.6, 3.4), (0.0, 0.4, 0.1)])
    ids = name_segments(places, LPOINT)
    assert set(S0_TYPES) < set(ids) and len(set(ids)) == 6
    described = [i for i in ids if i not in S0_TYPES]
    assert described == ["loyalty_mid-spend_high", "loyalty_mid-spend_mid"]
    assert segment_name(described[0], LPOINT) == "충성도 중·구매력 상"
    assert segment_name(described[1], LPOINT, "en") == "Loyalty medium, spend medium"
    shuffled = [5, 2, 0, 4, 1, 3]
    assert name_segments(places[shuffled], LPOINT) == [ids[row] for row in shuffled]


def test_types_of_one_description_are_told_apart_by_recency():
    nobody = type(LPOINT)((), LPOINT.patterns, LPOINT.levels)
    late, recent = (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)
    assert name_segments(np.array([late, recent]), nobody) == ["loyalty_low-spend_low-2", "loyalty_low-spend_low"]
    assert segment_name("loyalty_low-spend_low-2", LPOINT) == "충성도 하·구매력 하 (2)"


def test_kept_ids_stay_and_are_not_given_again():
    places = np.array(list(S0_TYPES.values()))
    ids = name_segments(places, LPOINT, kept={1: "master"})
    assert ids[1] == "master" and len(set(ids)) == 4 and ids[0] == "corona_averse"


def test_a_persona_that_ended_is_given_again_to_the_type_nearest_to_it_and_a_systematic_id_is_not():
    """History's first days had given it to another; barred for good, the top customers of a year stayed nameless."""
    places = np.array([*S0_TYPES.values(), (0.1, 0.6, 3.4)])
    kept = {0: "corona_averse", 1: "novice", 3: "pro"}
    ids = name_segments(places, LPOINT, kept, ended={"master", "loyalty_mid-spend_mid"})
    assert ids[2] == "master" and ids[4] == "loyalty_mid-spend_mid-2"


def test_an_unknown_id_or_language_is_refused():
    with pytest.raises(ValueError, match="'vip' is in no persona file"):
        segment_name("vip", LPOINT)
    with pytest.raises(ValueError, match="language 'fr'"):
        segment_name("novice", LPOINT, "fr")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: novice", "id: master", r"\['master'\] are repeated"),
        ("id: novice", "id: loyalty_mid-spend_low", "reserved"),
        ("id: novice", "id: lapsed", r"\['lapsed'\] are repeated or reserved"),
        ("id: novice", "id: all", r"\['all'\] are repeated or reserved.*rename"),  # everybody's baskets and figures
        ("id: novice", "id: slice", r"\['slice'\] are repeated or reserved"),  # columns of judged frames
        ("id: novice", "id: fold", r"\['fold'\] are repeated or reserved"),
        ("id: novice", "id: share_master", r"\['share_master'\] are repeated or reserved"),
        ("frequency: -0.7, ", "", "frequency"),
        ("systematic:", "words:", "systematic"),
        ("    loyal: false\n", "", "loyal"),
        ("loyal: false", "loyal: perhaps", "write true or false"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, old: str, new: str, message: str):
    text = (FOLDER / "lpoint.yaml").read_text(encoding="utf-8")
    assert old in text
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_personas(faulty)


def test_targets_are_in_the_order_of_the_model():
    assert AXES == ("recency", "frequency", "monetary")
    assert next(p for p in LPOINT.personas if p.id == "corona_averse").target[0] > 1


def test_loyal_types_are_data_and_systematic_ones_by_their_loyalty():
    """S0: potential loyal customers are types 1 and 2, loyal ones 3 and 4."""
    assert {p.number for p in LPOINT.personas if is_loyal(p.id, LPOINT)} == {3, 4}
    assert is_loyal("loyalty_high-spend_low", LPOINT) and is_loyal("loyalty_high-spend_mid-2", LPOINT)
    assert not is_loyal("loyalty_mid-spend_high", LPOINT) and not is_loyal("unknown", LPOINT)

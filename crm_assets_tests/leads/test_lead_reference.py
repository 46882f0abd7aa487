"""Files of reference data of leads: those that are there hold, and a fault names the file, the place and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from crm_assets.leads.reference import LeadReferenceError, read_reference, reference_of, spelling
from crm_assets.receipts.sources import read_source
from crm_assets.settings import PROJECT_DIR

REFERENCE = PROJECT_DIR / "data" / "reference"


@pytest.mark.parametrize("name", ["mql", "xeducation"])
def test_those_that_are_there_hold(name: str):
    found = reference_of(read_source(REFERENCE, name), REFERENCE)
    assert found.derived and found.not_answered and found.titles
    assert reference_of(read_source(REFERENCE, "lpoint"), REFERENCE).attributes == set()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"numbres": ["size"]}, "numbres: Extra inputs"),
        ({"derived": [{"name": "both", "equal": ["a", "b"], "filled": ["a"]}]}, "exactly one of equal, filled, joined"),
        ({"after_contact": {"tags": "x"}, "allowed": {"tags": "y"}}, "tags cannot be allowed and left out"),
        ({"titles": {"size": {"ko": "크기"}}}, "size needs ko and en"),
        ({"merges": {"size": {"large": ["big"], "small": ["Big"]}}}, "has big under two names"),
        ({"derived": [{"name": "message_x", "filled": ["a"]}]}, "begins with message_"),
        ("[", "while parsing"),
    ],
)
def test_a_fault_names_the_file_and_the_place(tmp_path: Path, content: object, fault: str):
    path = tmp_path / "ours.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(LeadReferenceError, match=fault) as error:
        read_reference(path)
    assert str(path) in str(error.value) and "Mend it there" in str(error.value)


def test_what_the_mapping_does_not_have_is_refused(tmp_path: Path):
    path = tmp_path / "ours.yaml"
    path.write_text(yaml.safe_dump({"numbers": ["size"], "derived": [{"name": "n", "filled": ["colour"]}]}))
    with pytest.raises(LeadReferenceError, match="names colour, which the mapping has not; it has other, size"):
        read_reference(path).require(["size", "other"], str(path))
    with pytest.raises(LeadReferenceError, match="derived n is an attribute already"):
        read_reference(path).require(["size", "colour", "n"], str(path))
    with pytest.raises(LeadReferenceError, match="there are: ours"):
        read_reference(tmp_path / "theirs.yaml")


def test_spellings():
    assert spelling("U.S.A.") == spelling("usa") == spelling(" U S A ") == "usa"
    assert spelling("-") == "-" and spelling("대한민국 ") == "대한민국"

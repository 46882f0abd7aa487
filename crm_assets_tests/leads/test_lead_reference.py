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
        ({"derived": [{"name": "company_id", "filled": ["a"]}]}, "company_id is a column that is made of every source"),
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
    assert spelling("End-Customer") == spelling("end customer") == spelling("END_CUSTOMER")
    assert spelling("Etc.") == spelling("etc") and spelling("less_than_3_months") == spelling("Less than 3 months")


@pytest.mark.parametrize(
    ("one", "other"),
    [("<50", ">50"), ("1.5", "15"), ("C", "C++"), ("C", "C#"), ("-5", "5"), ("1-2", "12"), ("1 5", "15"), ("A-", "A"),
     ("+", "-")],
)  # fmt: skip
def test_what_differs_by_a_sign_is_not_one(one: str, other: str):
    assert spelling(one) != spelling(other)


def test_the_name_of_a_column_of_every_source_is_no_attribute(tmp_path: Path):
    path = tmp_path / "ours.yaml"
    path.write_text(yaml.safe_dump({"words": {"urgency": ["asap"]}}))
    found = read_reference(path)
    for name in (
        "message_length", "message_terms", "message_urgency", "company_id", "owner_id", "company_leads_before",
    ):  # fmt: skip
        with pytest.raises(LeadReferenceError, match=f"the attribute {name}, .* Name the attribute otherwise"):
            found.require(["size", name], str(path))
    found.require(["size", "message_topic"], str(path))


def test_a_reserved_name_is_refused_without_reference_data_too():
    source = read_source(REFERENCE, "xeducation")
    (mapping,) = source.files
    taken = mapping.model_copy(update={"attributes": {"owner_id": next(iter(mapping.attributes.values()))}})
    with pytest.raises(LeadReferenceError, match=r"sources/xeducation.yaml: the mapping has the attribute owner_id"):
        reference_of(source.model_copy(update={"leads": None, "files": (taken,)}), REFERENCE)

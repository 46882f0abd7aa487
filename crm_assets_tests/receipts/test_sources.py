"""Mappings: what they may feed follows from the contracts, and a file is read anew only where its mapping changed."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from crm_assets.contracts.base import columns
from crm_assets.contracts.canonical_columns import NOT_MAPPED, TARGETS, Target, canonical_columns, required
from crm_assets.receipts import mapping_sql
from crm_assets.receipts.sources import (
    ColumnMapping,
    FileMapping,
    History,
    Load,
    Source,
    SourceError,
    read_source,
    source_names,
)
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import Session

REFERENCE = Settings.read({}).reference


def test_what_a_mapping_does_not_feed_is_named_once():
    assert set(get_args(Target)) == TARGETS.keys() >= NOT_MAPPED.keys()
    for loads, contract in TARGETS.items():
        mapped, others = {c.name for c in canonical_columns(loads)}, NOT_MAPPED.get(loads, {}).keys()
        assert mapped | others == {c.name for c in columns(contract)} and not mapped & others


@pytest.mark.parametrize("loads", TARGETS)
def test_a_row_without_a_column_that_is_needed_has_a_fault(loads: Target):
    """Else a null would break the contract of a whole month, or dimension."""
    if loads != "transactions":
        faults = mapping_sql.dimension_fault(loads)
    else:
        policies = {"future_dates": "quarantine", "zero_amounts": "quarantine"}
        faults = mapping_sql.transaction_fault(date(2021, 1, 1), None, date(2021, 1, 1), policies)
    faults = faults.replace(" or ", " when ")
    assert [name for name in required(loads) if f"when {name} is null" not in faults] == []


@pytest.mark.parametrize("loads", TARGETS)
def test_a_mapped_column_is_of_its_contract_s_type(session: Session, loads: Target):
    """A type that is not made of a text is an error here, not in the first file that has it."""
    named = {c.name: "x" for c in canonical_columns(loads)}
    load = Load(loads=loads, columns=named, signals={"value": "x"} if loads == "daily_signals" else {})
    expressions = mapping_sql.canonical(load) | mapping_sql.signals(load)
    made = ", ".join(f"{sql} as {name}" for name, sql in expressions.items())
    rows = mapping_sql.prepared("(select '1' as x)", ["x"], [load], ["x"])
    found = session.rows(f"describe select {made} from ({rows})")
    types = {c.name: c.sql_type for c in columns(TARGETS[loads])}
    assert [(name, sql_type) for name, sql_type, *_ in found] == [(name, types[name]) for name in expressions]


class FurtherColumn(ColumnMapping):
    upper: bool = False


class FurtherLoad(Load):
    columns: dict[str, FurtherColumn]
    skip_rows: int = 0


class FurtherFile(FileMapping):
    columns: dict[str, FurtherColumn]
    also: tuple[FurtherLoad, ...] = ()
    marks: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    skip_rows: int = 0


class FurtherHistory(History):
    is_closed: bool = False


def hashed(source: Source, mapping: FileMapping) -> str:
    return source.reading_hash("of the content", mapping, {"zero_amounts": "load"})


@pytest.mark.parametrize("name", source_names(REFERENCE))
def test_a_new_option_leaves_the_hash_of_a_mapping_that_does_not_state_it(name: str):
    """Else all files of every source would be read anew."""
    source = read_source(REFERENCE, name)
    further = source.model_copy(update={"history": FurtherHistory.model_validate(source.history.model_dump())})
    for mapping in source.files:
        given = mapping.model_dump()
        assert hashed(further, FurtherFile.model_validate(given)) == hashed(source, mapping)
        for stated in ({"skip_rows": 1}, {"marks": {"a": "b"}}, {"delimiter": ";"}):
            assert hashed(further, FurtherFile.model_validate(given | stated)) != hashed(source, mapping), stated
        given["columns"][next(iter(given["columns"]))]["upper"] = True
        assert hashed(further, FurtherFile.model_validate(given)) != hashed(source, mapping)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("^(?!POST|M$)", "no regular expression of RE2"),
        ("[0-9", "no regular expression of RE2"),
        ("^", "matches nothing at all"),
        ("[0-9]*", "matches nothing at all"),
    ],
)
def test_articles_are_told_by_an_expression_of_the_engine(tmp_path: Path, expression: str, why: str):
    shutil.copytree(PROJECT_DIR / "data" / "reference", tmp_path / "reference")
    path = tmp_path / "reference" / "sources" / "online_retail.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('"^[0-9]{5}"', f"'{expression}'"), encoding="utf-8")
    with pytest.raises(SourceError, match=f"articles: .*{why}"):
        read_source(tmp_path / "reference", "online_retail")

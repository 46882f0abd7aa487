"""The rules of attribute segments as SQL, and what is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from crm_assets.contracts.attribute_sizes import GIVEN, RULED
from crm_assets.segmentation.attributes import AttributeRuleError, kinds, query, read_dimensions
from crm_assets.settings import PROJECT_DIR

REFERENCE = PROJECT_DIR / "data" / "reference"
ROW = {
    "gender": "'female'", "age_band": "'40대'", "region": "'Z01'", "interest_category": "'tea'", "visit_days": "5",
    "churn_risk": "1.5", "interval_days": "9.5", "wallet_user": "1", "channel_use": "'both'",
}  # fmt: skip


def rules() -> dict:
    return yaml.safe_load((REFERENCE / "attributes.yaml").read_text(encoding="utf-8"))


def read(folder: Path, content: object) -> list:
    (folder / "attributes.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return read_dimensions(folder)


def groups(dimensions, **changes: str) -> dict[str, str | None]:
    row = {**ROW, **changes}
    sql = query("select " + ", ".join(f"{value} as {name}" for name, value in row.items()), dimensions)
    result = duckdb.sql(sql)
    return dict(zip(result.columns, result.fetchall()[0], strict=True))


def test_the_shipped_rules():
    dimensions = read_dimensions(REFERENCE)
    made = groups(dimensions)
    assert {d: made[d] for d in RULED} == {
        "demographic": "female·40대", "geographic": "Z01", "psychographic": "tea", "usage": "weekly"
    }  # fmt: skip
    assert kinds(dimensions)[-4:] == [(name, "behavioural") for name in GIVEN]


@pytest.mark.parametrize(
    ("changes", "usage"),
    [
        ({"visit_days": "1", "churn_risk": "9"}, "once"),
        ({"churn_risk": "4"}, "paused"),
        ({"churn_risk": "3.99"}, "weekly"),
        ({"interval_days": "10"}, "monthly"),
        ({"interval_days": "45"}, "occasional"),
        ({"interval_days": "null", "churn_risk": "null"}, None),
    ],
)
def test_the_first_group_that_fits(changes, usage):
    assert groups(read_dimensions(REFERENCE), **changes)["usage"] == usage


def test_who_lacks_a_value_is_in_no_combination():
    assert groups(read_dimensions(REFERENCE), gender="null")["demographic"] is None


def test_values_lists_and_bounds(tmp_path):
    region = {
        "kind": "geographic",
        "groups": {"capital 'area'": {"region": ["Z01", "Z17"]}, "rest": {"wallet_user": 1}},
    }
    dimensions = read(tmp_path, {**rules(), "geographic": region})
    assert groups(dimensions)["geographic"] == "capital 'area'"
    assert groups(dimensions, region="'Z02'")["geographic"] == "rest"
    assert groups(dimensions, region="'Z02'", wallet_user="0")["geographic"] is None


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (None, "missing or unknown"),
        ({"kind": "odd", "by": ["gender"]}, "kind must be one of"),
        ({"kind": "behavioural"}, "one of by, groups"),
        ({"kind": "behavioural", "by": ["shoe_size"]}, "no such column 'shoe_size'"),
        ({"kind": "behavioural", "by": ["monetary"]}, "no such column 'monetary'"),
        ({"kind": "behavioural", "groups": {"a": {}}}, "at least one"),
        ({"kind": "behavioural", "groups": {"a": {"monetary": {"above": 5}}}}, "bounds are from and below"),
        ({"kind": "behavioural", "groups": {"a": {"monetary": {"from": "much"}}}}, "bounds are from and below"),
        ({"kind": "behavioural", "groups": {"a": {"gender": {"from": 1}}}}, "no such column 'gender'"),
        ({"kind": "behavioural", "groups": {"a": {"gender": 1}}}, "not a value of this column"),
        ({"kind": "behavioural", "groups": {"a": {"1=1; drop table x": 1}}}, "no such column"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, usage, said):
    content = {**rules(), "usage": usage}
    if usage is None:
        del content["usage"]
    with pytest.raises(AttributeRuleError, match=said):
        read(tmp_path, content)

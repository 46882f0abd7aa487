"""What the report reads of the warehouse: a month's rows of a table when a section asks, no list of tables to keep."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import key
from crm_assets.months import Snapshot
from crm_assets.receipts.sources import source_of
from crm_assets.report import build_report
from crm_assets.report.queries import Asked
from crm_assets.report.reading import TablesOfMonth, read_counts, read_report_data
from crm_assets.segmentation.naming import read_personas
from crm_assets.segmentation.rfm import read_schemes
from crm_assets.settings import Settings
from crm_assets.warehouse import Session
from crm_assets_tests.prediction.feature_shop import insert
from crm_assets_tests.report.report_sample import REFERENCE, texts

NOVEMBER, DECEMBER = date(2021, 11, 1), date(2021, 12, 1)
SNAPSHOT = Snapshot(DECEMBER, date(2021, 1, 1), 12)


def move(month: date, source: str, target: str, customers: int) -> dict[str, object]:
    return {"month": month, "from_state": source, "to_state": target, "reason": "model", "customers": customers}


@pytest.fixture
def moved(session: Session) -> Session:
    rows = [move(DECEMBER, "pro", "new", 1), move(DECEMBER, "a", "pro", 2), move(DECEMBER, "a", "lapsed", 3)]
    insert(session, "move_reasons", [*rows, move(NOVEMBER, "a", "a", 9)])
    return session


def test_a_table_is_the_months_rows_in_the_order_of_its_key(moved: Session):
    found = TablesOfMonth(moved, DECEMBER, {})["move_reasons"]
    assert found["customers"].tolist() == [3, 2, 1] and set(found["month"]) == {pd.Timestamp(DECEMBER)}
    assert found.equals(found.sort_values(key(CONTRACTS["move_reasons"]), ignore_index=True))


def test_a_table_is_read_once_and_when_it_is_asked_for(moved: Session):
    tables = TablesOfMonth(moved, DECEMBER, {})
    insert(moved, "move_reasons", [move(DECEMBER, "b", "pro", 4)])
    first = tables["move_reasons"]
    assert len(first) == 4, "not when the mapping was made"
    moved.execute("delete from move_reasons")
    assert tables["move_reasons"] is first


def test_a_frame_that_was_given_comes_before_the_table_of_its_name(moved: Session):
    given = pd.DataFrame({"customers": [7]})
    assert TablesOfMonth(moved, DECEMBER, {"move_reasons": given})["move_reasons"] is given


@pytest.mark.parametrize("name", ["move_reason", "customers", "move_reasons where true --"])
def test_a_name_that_is_no_monthly_table_is_refused(moved: Session, name: str):
    with pytest.raises(KeyError, match="is no monthly table"):
        TablesOfMonth(moved, DECEMBER, {})[name]


def test_a_warehouse_without_rows_makes_a_page_that_says_so(session: Session):
    """Every table that a section asks for is known, by its contract or by its name."""
    settings = Settings(new_customer_max_receipts=5)
    source, personas = source_of(settings), read_personas(REFERENCE / "personas" / "lpoint.yaml")
    data = read_report_data(session, SNAPSHOT, settings, source, personas, read_schemes(REFERENCE))
    assert data.new_customer_max_receipts == 5 and data.min_probability is None and data.horizon_days is None
    page = build_report(data, texts())
    assert "등급을 매기지 않았습니다" in page and "5건 이하인 고객" in page


def test_who_is_new_and_who_qualifies_for_a_type(session: Session):
    lifecycles = {"a": "new", "b": "existing", "c": "existing", "gone": "lapsed"}
    rows = [{"month": DECEMBER, "customer_id": who, "lifecycle": which} for who, which in lifecycles.items()]
    insert(session, "customer_lifecycles", rows)
    insert(session, "rfm_scores", [{"month": DECEMBER, "customer_id": who} for who in "abc"])
    told = ("new", "existing", "lapsed", "to_type")
    for settings, counts in ((Settings(), (1, 2, 1, 2)), (Settings(cluster_population="all"), (1, 2, 1, 3))):
        found = read_counts(Asked(session, SNAPSHOT.parameters), settings)
        assert tuple(found[name] for name in told) == counts

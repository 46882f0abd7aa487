"""Messages and answers: from a mapped file to the rate and the preferred way, hand-made and against another formula."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.marketing.response_rates import LEAST_MESSAGES
from crm_assets.months import Snapshot
from crm_assets.receipts.sources import FileMapping
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.receipts.test_intake import Shop

MAPPING = FileMapping.model_validate(
    {
        "match": "messages_*.csv",
        "loads": "marketing_responses",
        "columns": {
            "customer_id": "Customer",
            "campaign_id": "Campaign",
            "message_channel": {"column": "Way", "map": {"메일": "email", "앱푸시": "push", "문자": "sms"}},
            "sent_on": "Day",
            "opened": {"column": "Opened", "map": {"1": "yes", "0": "no"}},
            "clicked": {"column": "Clicked", "map": {"1": "yes", "0": "no"}},
            "consent": {"column": "Consent", "map": {"Y": "yes", "N": "no"}},
        },
    }
)
HEADER = ["Customer", "Campaign", "Way", "Day", "Opened", "Clicked", "Consent"]
SNAPSHOT = Snapshot(month=date(2021, 3, 1), history_start=date(2020, 12, 1), window_months=12)


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    made = Shop(session, tmp_path, "lpoint")
    made.source = made.source.model_copy(update={"files": (*made.source.files, MAPPING)})
    return made


def rates(session: Session, responses: pd.DataFrame) -> pd.DataFrame:
    contract, made = CONTRACTS["marketing_responses"], CONTRACTS["response_rates"]
    with session.transaction():
        session.replace(contract, session.stage_frame(contract, responses))
    staged = session.stage(made, read_query("response_rates"), **SNAPSHOT.parameters, least_messages=LEAST_MESSAGES)
    assert session.violations(made, staged) == []
    return session.frame(f"select * from {staged} order by customer_id").set_index("customer_id")


def sent(customer: str, way: str, opened: list[int], consent: str | None = None, day: str = "2021-03-01") -> list[dict]:
    return [
        {
            "customer_id": customer, "campaign_id": f"{way}{day}{n}", "message_channel": way,
            "sent_on": pd.Timestamp(day),
            "opened": "yes" if answer else "no", "clicked": None, "converted": None, "consent": consent,
        }
        for n, answer in enumerate(opened)
    ]  # fmt: skip


def test_a_file_of_messages_is_read_by_its_mapping_and_a_later_one_knows_more(shop: Shop):
    row = ["M1", "spring", "앱푸시", "2021-03-02", "0", "0", "Y"]
    shop.land("messages_1.csv", [row, ["", *row[1:]], [*row[:2], "비둘기", *row[3:]]], HEADER)
    shop.land("messages_2.csv", [[*row[:4], "1", "0", "Y"]], HEADER)
    found = shop.dimension("marketing_responses")
    assert found[["customer_id", "message_channel", "opened"]].to_numpy().tolist() == [["M1", "push", "yes"]]
    assert shop.session.rows("select reason, count(*) from quarantine group by reason") == [("no_key", 2)]


def test_rates_and_the_preferred_way_of_a_few_customers(session: Session):
    rows = [
        *sent("a", "email", [1, 1, 1]), *sent("a", "push", [1] * 18 + [0] * 2),  # 3 of 3 are fewer than 18 of 20
        *sent("b", "sms", [1, 1], "no"), *sent("b", "sms", [1], "yes", "2021-02-01"),
        *sent("c", "sms", [0, 0, 0], "yes"), *sent("c", "email", [1, 1, 1, 1], day="2021-04-01"),
        *sent("d", "push", [1, 1], "yes"),
    ]  # fmt: skip
    made = rates(session, pd.DataFrame(rows))
    assert made["sent"].to_dict() == {"a": 23, "b": 3, "c": 3, "d": 2}, "April is not read in March"
    assert made["responded"].to_dict() == {"a": 21, "b": 3, "c": 0, "d": 2}
    assert made["response_rate"].round(3).fillna(-1).to_dict() == {"a": 0.913, "b": 1.0, "c": 0.0, "d": -1.0}
    assert made["preferred_channel"].fillna("").to_dict() == {"a": "push", "b": "sms", "c": "", "d": ""}
    assert made["consent"].fillna("").to_dict() == {"a": "", "b": "no", "c": "yes", "d": "yes"}


@pytest.mark.parametrize(
    ("email", "push"), [((3, 4), (9, 15)), ((5, 5), (40, 50)), ((2, 3), (2, 4)), ((1, 9), (9, 30))]
)
def test_the_preferred_way_is_the_one_with_the_larger_wilson_bound(session: Session, email, push):
    bounds = {
        way: binomtest(k, n).proportion_ci(0.95, "wilson").low for way, (k, n) in {"email": email, "push": push}.items()
    }
    rows = [
        r for way, (k, n) in {"email": email, "push": push}.items() for r in sent("a", way, [1] * k + [0] * (n - k))
    ]
    assert rates(session, pd.DataFrame(rows)).loc["a", "preferred_channel"] == max(bounds, key=bounds.get)


def test_a_shop_without_messages_has_no_rates(session: Session):
    assert rates(session, pd.DataFrame(sent("a", "sms", [1])).iloc[:0]).empty

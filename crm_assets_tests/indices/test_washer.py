"""S3's worked example from a file to the table, by the mapping file alone: who washes when, and by which course."""

from __future__ import annotations

import pytest

from crm_assets_tests.conftest import Shop
from crm_assets_tests.small_shop import land

HEADER = ["user", "event_no", "started_on", "hour", "machine", "course", "option"]
MORNING = [7, 7, 8, 8, 9, 9, 10, 10, 10, 11, 11, 11, 7, 9, 12, 14, 15, 0, 1, 6]  # 14, 2, 2 and 2 of 20
A_HOURS = [*MORNING[:17], 23, 0, 6]  # the seed's 70, 10, 15 and 5 %


def events(user: str, hours: list[int], hygiene: int, rinses: int = 0) -> list[list[str]]:
    """A washing a day, the first ones hygienic."""
    return [
        [user, f"{user}{n:02}", f"2021-01-{n + 1:02}", str(hour), "W1", "위생" if n < hygiene else "표준",
         "헹굼 추가" if n < rinses else ""]
        for n, hour in enumerate(hours)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A and 29 others: in everybody's mean 10 % of the washings are hygienic."""
    shop = Shop(tmp_path_factory.mktemp("washer"), {"CRM_SOURCE": "washer", "CRM_HISTORY_END": "2021-01-31"})
    evening = [15, 16, 17, 18, 19, 20, 21, 22, 23, 0] * 2
    rows = events("A", A_HOURS, 12)
    for n in range(29):
        rows += events(f"B{n:02}", evening, 2 if n < 24 else 0, rinses=1)
    land(shop.landing, "WASHING_EVENTS_2021.csv", rows, HEADER)
    land(shop.landing, "WASHING_MACHINES.csv", [["W1", "드럼 21kg", "세탁기"]], ["machine", "model", "kind"])
    shop.crm("refresh", "--months", "2021-01", "--select", "raw_transactions,receipts,customer_indices")
    return shop


def of(shop: Shop, customer: str) -> dict[str, dict]:
    rows = shop.frame(f"select * from customer_indices where customer_id = '{customer}'")
    return rows.set_index("index_id").to_dict("index")


def test_the_seeds_figures_from_the_file(shop: Shop):
    a = of(shop, "A")
    assert [a[part]["share"] for part in ("morning", "lunch", "evening", "dawn")] == [0.70, 0.10, 0.15, 0.05]
    hygiene = a["hygiene"]
    assert (hygiene["share"], hygiene["population_share"], hygiene["index_pp"]) == (0.6, 0.1, 50.0)
    assert (hygiene["label"], a["morning"]["label"]) == ("위생 민감형", "아침 선호형")
    assert hygiene["evident"] and a["morning"]["evident"] and "rinse" not in a  # an empty option is no event


def test_both_sets_of_dayparts_stand_side_by_side(shop: Shop):
    """0 o'clock is S3's evening and no S0 morning; 6 o'clock is S0's morning and S3's night."""
    a, b = of(shop, "A"), of(shop, "B00")
    assert (a["morning"]["share"], a["morning_s0"]["share"]) == (0.70, 0.75)
    assert (b["evening"]["share"], b["morning_s0"]["share"], b["evening"]["label"]) == (1.0, 0.0, None)
    assert b["evening"]["index_pp"] == pytest.approx(100 * (1 - (29 + 0.15) / 30))


def test_the_population_and_the_labels_are_counted(shop: Shop):
    told = shop.frame("select * from index_definitions").set_index("index_id")
    assert told.at["hygiene", "population_share"] == 0.1 and told.at["hygiene", "title_ko"] == "위생 민감 지수"
    assert told.at["hygiene", "attribute"] == "course" and told.at["rinse", "customers_few"] == 29
    labels = shop.frame("select label_ko, customers from index_labels where customers > 0").set_index("label_ko")
    assert labels["customers"].to_dict() == {"위생 민감형": 1, "아침 선호형": 1}

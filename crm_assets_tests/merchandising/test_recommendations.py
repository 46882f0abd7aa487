"""From purchases to recommendations and what became of them, asset by asset, in a shop of cooks and readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import dagster as dg
import pandas as pd
import pytest

from crm_assets.defs.merchandising.article_purchases import article_purchases
from crm_assets.defs.merchandising.article_similarities import article_similarities
from crm_assets.defs.merchandising.recommendation_outcomes import recommendation_outcomes
from crm_assets.defs.merchandising.recommendations import recommendations
from crm_assets.defs.merchandising.recommender_choices import choice, recommender_choices
from crm_assets.defs.merchandising.recommender_evidence import recommender_evidence
from crm_assets.defs.merchandising.region_recommendations import region_recommendations
from crm_assets.merchandising.knowledge import _content
from crm_assets.merchandising.purchases import read_shelf
from crm_assets.months import Snapshot
from crm_assets.settings import Settings
from crm_assets.warehouse import Warehouse, read_query
from crm_assets_tests.making import made
from crm_assets_tests.merchandising.article_shop import COOKING, MARCH, START, bought, purchases, stock
from crm_assets_tests.prediction.feature_shop import insert, line

SNAPSHOT = Snapshot(START, START, 12)
MONTHS = ("2021-01-01", "2021-02-01", "2021-03-01")


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    stock(warehouse, purchases(), more=("C100", "C101"))
    return warehouse


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, pd.DataFrame]]:
    """Month → table → its rows, of three months made one after the other."""
    whole = Warehouse(tmp_path_factory.mktemp("articles") / "warehouse.duckdb", lock_wait_seconds=0.5)
    stock(whole, purchases(), more=("C100", "C101"))
    return {month: month_made(whole, month, (*TO_RECOMMEND, recommendation_outcomes)) for month in MONTHS}


TO_RECOMMEND = (article_similarities, recommender_evidence, recommender_choices, recommendations)


def month_made(
    shop: Warehouse, month: str, assets: Sequence[dg.AssetsDefinition] = TO_RECOMMEND, **settings: object
) -> dict[str, pd.DataFrame]:
    """Tables of a month, in the order in which Dagster makes them."""
    return {a.key.to_user_string(): made(a, shop, month, **settings) for a in assets}


def test_purchases_are_articles_on_receipts(warehouse: Warehouse):
    at = datetime(2021, 1, 5, 12)
    with warehouse.session() as session:
        insert(session, "raw_transactions", [
            line("a", "1", at, "P1"),
            line("a", "1", at, "P1", line_no=2),  # once a receipt
            line("a", "2", datetime(2021, 1, 9, 12), "P1"),
            line("a", "3", at, "P2", record_type="return", amount=Decimal("-5.00")),
            line("a", "4", at, None, record_type="wallet"),
            line("a", "5", at, "P3", amount=Decimal("0.00")),  # a gift
            line("b", "6", at, "P1"),
            line("b", "7", datetime(2021, 2, 1, 12), "P1"),  # another month
        ])  # fmt: skip
    rows = made(article_purchases, warehouse, "2021-01-01")
    found = rows[["customer_id", "product_id", "receipts"]].to_numpy().tolist()
    assert found == [["a", "P1", 2], ["b", "P1", 1]]
    assert [f"{d:%Y-%m-%d}" for d in rows["last_date"]] == ["2021-01-09", "2021-01-05"]


def test_cooks_are_recommended_what_cooks_buy(tables: dict[str, dict[str, pd.DataFrame]]):
    pairs = tables[MONTHS[0]]["article_similarities"]
    assert {a[0] + b[0] for a, b in pairs[["product_id", "because_product_id"]].to_numpy()} == {"PP", "QQ"}
    together = pairs.set_index(["product_id", "because_product_id"])["customers"]
    assert (together["P3", "P1"], together["P3", "P2"], together["P4", "P1"]) == (6, 6, 8)
    assert (pairs.sort_values("weight", ascending=False).groupby("product_id")["rank"].diff().dropna() == 1).all()

    january = tables[MONTHS[0]]["recommendations"]
    assert (january["recommender"] == "popularity_recent").all()  # nothing is judged yet
    march = tables[MONTHS[2]]["recommendations"]
    assert (march["recommender"] == tables[MONTHS[2]]["recommender_choices"]["recommender"].iloc[0]).all()
    cook = march[march["customer_id"] == "C000"].sort_values("rank")
    assert cook["product_id"].iloc[0] == "P4"  # the one of its kind that it has not bought
    assert not {*cook["product_id"]} & {"P1", "P2", "P3"}
    assert (cook["reason"].iloc[0], cook["because_product_id"].iloc[0]) == ("bought", "P1")
    nobody = march[march["customer_id"] == "C100"].sort_values("rank")
    assert {*nobody["product_id"].iloc[:4]} == {*COOKING} and (nobody["reason"].iloc[:4] == "type").all()
    assert nobody["because_product_id"].isna().all()


def test_the_month_after_judges(tables: dict[str, dict[str, pd.DataFrame]]):
    assert tables[MONTHS[0]]["recommender_evidence"].empty and tables[MONTHS[1]]["recommender_evidence"].empty
    evidence = tables[MONTHS[2]]["recommender_evidence"]
    everybody = evidence[evidence["slice"] == "all"].set_index("recommender")
    assert (everybody["customers"] == 20).all()
    # With eight articles ten places hold all: the order tells the methods apart.
    assert (everybody["hit_rate"] == 1).all() and (everybody["recall_at_10"] == 1).all()
    assert everybody.loc["collaborative", "map_at_10"] == 1 > everybody.loc["cluster", "map_at_10"] == 1 / 2
    assert everybody.loc["popularity", "map_at_10"] < 1 / 2
    assert {*evidence["slice"]} == {"all", "cooks", "readers"}
    chosen = tables[MONTHS[2]]["recommender_choices"].iloc[0]
    assert chosen["recommender"] == everybody["map_at_10"].sort_index().idxmax() and chosen["months"] == 1
    assert tables[MONTHS[1]]["recommender_choices"]["months"].iloc[0] == 0

    outcomes = tables[MONTHS[2]]["recommendation_outcomes"]
    both = outcomes[outcomes["slice"] == "all"].set_index("recommender")["map_at_10"]
    assert both["unruled"] == everybody.loc["popularity_recent", "map_at_10"]
    served = tables[MONTHS[1]]["recommendations"]
    by_hand = []
    for row in purchases():
        if row["month"] == MARCH:
            of = served[served["customer_id"] == row["customer_id"]].set_index("product_id")["rank"]
            by_hand.append(1 / of[row["product_id"]])
    assert both["served"] == pytest.approx(sum(by_hand) / len(by_hand))


def test_regions_have_their_own(shop: Warehouse):
    """To all cooks (of the south) P4, to half of them Q1; to a quarter of the readers Q1, to six of them P1."""
    with shop.session() as session:
        cooks, readers = ([f"C{n:03}" for n in range(48) if n % 2 == kind] for kind in (0, 1))
        told = [(c, "P4") for c in cooks] + [(c, "Q1") for c in cooks[:12]]
        told += [(c, "Q1") for c in readers[:6]] + [(c, "P1") for c in readers]
        insert(session, "recommendations", [recommended(*one, rank=n) for n, one in enumerate(told, start=1)])
    rows = made(region_recommendations, shop, MONTHS[0], region_min_customers=24).set_index(["region", "product_id"])
    assert rows.loc["south", "P4"][["rank", "customers", "recommended", "share", "other_share", "is_own"]].tolist() == [
        1, 24, 24, 1.0, 0.0, True,
    ]  # fmt: skip
    assert rows.loc["south", "Q1"][["rank", "share", "other_share", "is_own"]].tolist() == [2, 0.5, 0.25, False]
    assert rows.loc["north", "P1"]["is_own"] and rows.loc["north", "Q1"]["effect"] == pytest.approx(-0.5236, abs=1e-4)
    assert made(region_recommendations, shop, MONTHS[0], region_min_customers=25).empty


def recommended(customer: str, product: str, rank: int) -> dict[str, object]:
    """One row of recommendations."""
    return {
        "month": START, "as_of": START.replace(day=31), "customer_id": customer, "rank": rank, "product_id": product,
        "recommender": "cluster", "score": 1.0, "reason": "type",
    }  # fmt: skip


def test_what_was_bought_may_be_recommended_again_by_a_setting(shop: Warehouse):
    again = month_made(shop, MONTHS[0], recommend_bought=True)["recommendations"]
    own = {str(r["product_id"]) for r in purchases() if r["customer_id"] == "C000" and r["month"] == START}
    assert own & {*again[again["customer_id"] == "C000"]["product_id"]} == own


def test_policies_take_every_third_place(shop: Warehouse):
    """All are of the band VIP: what is dear comes forward."""
    with shop.session() as session:
        insert(session, "rfm_scores", [score(f"C{n:03}") for n in range(48)])
    rows = month_made(shop, MONTHS[0], policy_every=1)["recommendations"]
    given = rows[rows["policies"] == "recent_history premium"]
    assert {*given["policy"].dropna()} == {"recent_history", "premium"}
    # The dearest third of all: four articles with a price are too few to compare within a category.
    assert {*rows[rows["policy"] == "premium"]["product_id"]} == {"Q2", "Q3", "Q4"}
    assert rows[rows["customer_id"] == "C100"]["policies"].isna().all()
    plain = month_made(shop, MONTHS[0], policy_every=0)["recommendations"]
    assert plain["policy"].isna().all()


def test_a_rule_leads_whoever_bought_its_antecedents(shop: Warehouse):
    """Of everybody P1 → P3 passes, P1 → P4 does not; P1 and P2 → Q4 is a rule of the cooks."""
    with shop.session() as session:
        insert(session, "rfm_scores", [score(f"C{n:03}") | {"rfm_band": "Promising"} for n in range(48)])
        for segment, rank, left, right, passes in (
            ("all", 1, ["P1"], ["P3"], True), ("all", 2, ["P1"], ["P4"], False),
            ("cooks", 1, ["P1", "P2"], ["Q4"], True), ("readers", 1, ["P1"], ["Q3"], True),
        ):  # fmt: skip
            insert(session, "association_rules", [rule(segment, rank, passes)])
            sides = {"antecedent": left, "consequent": right}
            insert(session, "association_rule_items", [
                {"month": START, "as_of": START.replace(day=31), "segment_id": segment, "rank": rank, "side": side,
                 "product_id": p}
                for side, ids in sides.items() for p in ids
            ])  # fmt: skip
    rows = month_made(shop, MONTHS[0], policy_every=1)["recommendations"]
    led = rows[rows["policy"] == "bundle"].groupby("customer_id")["product_id"].agg(set)
    assert led["C000"] == {"P3", "Q4"}  # a cook with P1 and P2
    assert led["C032"] == {"P3"}  # with P1 and P4
    assert "C001" not in led.index and "C020" in led.index and led["C020"] == {"Q4"}  # a reader; who has P3 already


def test_a_lapsed_customer_is_shown_the_interest_that_was_known_last(shop: Warehouse):
    """C000 bought kitchen things and was keen on books when it still came."""
    with shop.session() as session:
        session.execute("update customer_types set lifecycle = 'lapsed' where customer_id = 'C000'")
        insert(session, "attribute_segments", [
            {"month": START, "as_of": START.replace(day=31), "customer_id": "C000", "is_existing": 1,
             "interest_category": "books"},
        ])  # fmt: skip
    rows = month_made(shop, MONTHS[1], policy_every=1)["recommendations"]
    own = rows[(rows["customer_id"] == "C000") & (rows["policy"] == "interest")]
    assert {p[0] for p in own["product_id"]} == {"Q"} and len(own) == 4


def test_korean_categories_tell_articles_apart(warehouse: Warehouse):
    stock(warehouse, purchases())
    with warehouse.session() as session:
        session.execute(
            """update products set name = null,
                category_major = case when product_id like 'P%' then '주방' else '도서' end"""
        )
        read_shelf(session, SNAPSHOT, Settings())
        content = _content(session)
    alike = (content @ content.T).toarray()
    assert sorted(set(alike.round(6).ravel())) == [0, 1]


def test_a_favourite_of_the_type_is_what_somebody_of_it_bought(tables: dict[str, dict[str, pd.DataFrame]]):
    march = tables[MONTHS[2]]["recommendations"]
    of = march[march["customer_id"] == "C100"].set_index("product_id")["reason"]
    assert of[["P1", "P2", "P3", "P4"]].eq("type").all() and of[["Q1", "Q2", "Q3", "Q4"]].eq("popular").all()


def test_what_is_dear_or_of_the_season_needs_numbers(shop: Warehouse):
    """Four priced articles a category are too few to be told apart; ten receipts in January make no season."""
    query = f"select * from ({read_query('shelf_traits')}) as traits order by place"
    with shop.session() as session:
        read_shelf(session, SNAPSHOT, Settings())
        given = {**SNAPSHOT.parameters, "least_priced": 5, "least_receipts": 20}
        few = session.frame(query, **given)
        enough = session.frame(query, **{**given, "least_priced": 4})
    assert sorted(few["price_place"]) == [n / 8 for n in range(8)]
    assert sorted(enough["price_place"]) == sorted([0, 0.25, 0.5, 0.75] * 2)
    assert (few["season_lift"] > 0).sum() == 2, "P1 and Q1, on 24 receipts each"


def rule(segment: str, rank: int, passes: bool) -> dict[str, object]:
    """One row of association_rules."""
    return {"month": START, "as_of": START.replace(day=31), "segment_id": segment, "rank": rank,
            "passes_confidence": passes}  # fmt: skip


def score(customer: str) -> dict[str, object]:
    return {
        "month": START, "as_of": START.replace(day=31), "customer_id": customer, "recency_days": 1,
        "recency_from_start_days": 1, "frequency": 1, "visit_days": 1, "monetary": Decimal(1), "r_score": 5,
        "f_score": 5, "m_score": 5, "rfm_score": 555, "rfm_band": "VIP", "rfm_band_standard11": "Champions",
        "rfm_grade": "HHH", "rfm_type": "core",
    }  # fmt: skip


def test_later_purchases_change_nothing(shop: Warehouse):
    before = month_made(shop, MONTHS[0])
    with shop.session() as session:
        insert(session, "article_purchases", [bought("C000", "P1", MARCH, 6, 900), bought("C001", "NEW", MARCH)])
    after = month_made(shop, MONTHS[0])
    for name, rows in before.items():
        pd.testing.assert_frame_equal(rows, after[name])


def test_a_shop_without_articles_recommends_nothing(warehouse: Warehouse):
    stock(warehouse, [], more=("C100",))
    month_made(warehouse, MONTHS[0])
    rows = month_made(warehouse, MONTHS[1], (*TO_RECOMMEND, recommendation_outcomes, region_recommendations))
    assert {name for name, made_ in rows.items() if len(made_)} == {"recommender_choices"}


def test_a_choice_says_why():
    judged = pd.DataFrame(
        {
            "month": pd.to_datetime(["2021-01-01"] * 2 + ["2021-02-01"] * 2),
            "recommender": ["a", "b"] * 2,
            "map_at_10": [0.1, 0.2, 0.4, 0.2],
        }
    )
    row = choice(judged, None, 0.05)
    assert (row["recommender"], row["runner_up"], row["months"]) == ("a", "b", 2)
    assert row["reason"] == "MAP@10 0.2500 in 2021-01 to 2021-02; b 0.2000"
    assert choice(judged[:0], None, 0.05)["recommender"] == "popularity_recent"
    assert choice(judged, "b", 0.24)["recommender"] == "a", "it was a quarter better"
    kept = choice(judged, "b", 0.26)
    assert (kept["recommender"], kept["runner_up"]) == ("b", "a")
    assert kept["reason"] == "kept, MAP@10 0.2000 in 2021-01 to 2021-02; a 0.2500"
    assert choice(judged, "gone", 0.5)["recommender"] == "a"

"""``customer_indices`` and what is written with it: S3's worked example, by hand, a random shop against pandas."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from crm_assets.defs.indices.customer_indices import customer_indices
from crm_assets.warehouse import Warehouse
from crm_assets_tests.indices.index_shop import (
    MARCH,
    content,
    fill,
    index,
    indexed,
    label,
    made,
    model,
    reference,
    shares,
    visits,
    washes,
)
from crm_assets_tests.making import results
from crm_assets_tests.prediction.feature_shop import line, receipt

S3_HOURS = [7, 8, 9, 10, 11, 7, 8, 9, 10, 11, 7, 8, 9, 10, 12, 14, 15, 23, 0, 1]  # 14, 2, 3 and 1 of 20


def test_the_seeds_dayparts_exactly(warehouse: Warehouse, tmp_path):
    parts = ("morning", "lunch", "evening", "dawn")
    of_both = [index(f"{name}_{part}", f"daypart:{name}", [part]) for name in ("s3", "s0") for part in
               (parts if name == "s3" else ("dawn", "morning", "afternoon", "evening"))]  # fmt: skip
    fill(warehouse, receipts=visits("a", S3_HOURS))
    rows = made(warehouse, reference(tmp_path / "r", content(of_both)))["customer_indices"].set_index("index_id")
    assert [rows.at[f"s3_{part}", "share"] for part in parts] == [0.70, 0.10, 0.15, 0.05]
    # S0's parts of the same events: 0 and 1 o'clock; 7–11; 12, 14, 15; 23.
    s0 = [rows.at[f"s0_{part}", "share"] for part in ("dawn", "morning", "afternoon", "evening")]
    assert s0 == [0.10, 0.70, 0.15, 0.05]


def test_the_hours_at_the_edges_of_the_dayparts(warehouse: Warehouse, tmp_path):
    """A customer per hour; the hour 0 is 24."""
    edges = {0: ("evening", "dawn"), 1: ("dawn", "dawn"), 5: ("dawn", "dawn"), 6: ("dawn", "morning"),
             7: ("morning", "morning"), 11: ("morning", "morning"), 12: ("lunch", "afternoon"),
             14: ("lunch", "afternoon"), 15: ("evening", "afternoon"), 17: ("evening", "afternoon"),
             18: ("evening", "evening"), 23: ("evening", "evening")}  # fmt: skip
    sets = {"s3": ("dawn", "morning", "lunch", "evening"), "s0": ("dawn", "morning", "afternoon", "evening")}
    told = content(index(f"{n}_{p}", f"daypart:{n}", [p]) for n, parts in sets.items() for p in parts)
    fill(warehouse, receipts=[v for hour in edges for v in visits(f"at {hour}", [hour])])
    rows = made(warehouse, reference(tmp_path / "r", told))["customer_indices"]
    found = rows[rows["share"] == 1].groupby("customer_id")["index_id"].agg(set).to_dict()
    assert found == {f"at {hour}": {f"s3_{s3}", f"s0_{s0}"} for hour, (s3, s0) in edges.items()}
    assert set(rows["share"]) == {0, 1} and len(rows) == 8 * len(edges)


def test_the_seeds_hygiene_index_exactly(warehouse: Warehouse, tmp_path):
    """A has 60 % where everybody's mean is 10 %: 30 customers, 24 with 2 of 20, 5 with none."""
    rows = washes("A", shares(12, 20))
    rows += [w for n in range(24) for w in washes(f"B{n:02}", shares(2, 20))]
    rows += [w for n in range(5) for w in washes(f"C{n}", shares(0, 20))]
    fill(warehouse, event_attributes=rows)
    told = content([index(labels=[label("hygiene_minded", at_least=50)])])
    found = made(warehouse, reference(tmp_path / "r", told))
    a = indexed(found["customer_indices"]).loc["A"]
    assert (a["share"], a["population_share"], a["index_pp"], a["events"]) == (0.6, 0.1, 50.0, 20)
    assert (a["label_id"], a["label"]) == ("hygiene_minded", "hygiene_minded형") and bool(a["evident"])
    assert a["percentile"] == pytest.approx(100 * 29.5 / 30)
    others = indexed(found["customer_indices"]).drop("A")
    assert others["label_id"].isna().all() and not others["evident"].astype(bool).any()
    definition = found["index_definitions"].iloc[0]
    assert (definition["customers"], definition["evident_above"], definition["evident_below"]) == (30, 1, 0)
    assert found["index_labels"].loc[0, ["customers", "customers_unproven"]].tolist() == [1, 0]
    assert found["index_distributions"][["tenth", "customers"]].values.tolist() == [[0, 5], [1, 24], [6, 1]]


def test_the_population_is_its_customers_and_not_its_events(warehouse: Warehouse, tmp_path):
    """The seed says the mean of all customers. Pooled, the one who washes all day would be the population: 91.7 %."""
    rows = washes("heavy", shares(990, 990)) + [w for n in range(9) for w in washes(f"c{n}", shares(0, 10))]
    fill(warehouse, event_attributes=rows)
    found = indexed(made(warehouse, reference(tmp_path / "r", content([index()])))["customer_indices"])
    assert found["population_share"].unique().tolist() == [0.1] and found.at["heavy", "index_pp"] == 90
    assert found["index_pp"].sum() == pytest.approx(0, abs=1e-6)


def test_a_threshold_without_evidence_gives_no_label(warehouse: Warehouse, tmp_path):
    """Two of three are +56.7 %p, and chance."""
    rows = washes("few", shares(2, 3)) + [w for n in range(19) for w in washes(f"c{n:02}", shares(1, 10))]
    fill(warehouse, event_attributes=rows)
    found = made(warehouse, reference(tmp_path / "r", content([index(labels=[label(at_least=30)])])))
    few = indexed(found["customer_indices"]).loc["few"]
    assert few["index_pp"] > 50 and few["p_value"] > 0.05 and not few["evident"] and few["label_id"] is None
    assert found["index_labels"].loc[0, ["customers", "customers_unproven"]].tolist() == [0, 1]


def test_of_several_thresholds_the_farthest_counts_and_their_edges_belong_to_them(warehouse: Warehouse, tmp_path):
    """The mean is 50 %, of a hundred others besides: every difference is evident, 19 %p too."""
    hits = {"a": 100, "b": 80, "c": 70, "d": 69, "e": 31, "f": 30, "g": 20, "h": 0}
    rows = [w for c, n in hits.items() for w in washes(c, shares(2 * n, 200))]
    fill(warehouse, event_attributes=rows + [w for n in range(100) for w in washes(f"o{n}", shares(5, 10))])
    labels = [label("some", at_least=20), label("much", at_least=30), label("less", at_most=-20),
              label("least", at_most=-50)]  # fmt: skip
    found = made(warehouse, reference(tmp_path / "r", content([index(labels=labels)])))
    told = indexed(found["customer_indices"]).loc[list(hits)]
    assert told["population_share"].unique().tolist() == [0.5] and told["evident"].all()
    assert [None if pd.isna(v) else v for v in told["label_id"]] == [
        "much", "much", "some", None, None, "less", "less", "least",
    ]  # fmt: skip
    counted = found["index_labels"].set_index("label_id")["customers"].to_dict()
    assert counted == {"some": 1, "much": 2, "less": 2, "least": 1}


def test_the_label_speaks_the_language_of_the_settings(warehouse: Warehouse, tmp_path):
    rows = washes("A", shares(40, 40)) + [w for n in range(20) for w in washes(f"c{n}", shares(1, 40))]
    fill(warehouse, event_attributes=rows)
    folder = reference(tmp_path / "r", content([index(labels=[label("keen", at_least=50)])]))
    assert indexed(made(warehouse, folder, language="en")["customer_indices"]).at["A", "label"] == "keen"


@pytest.mark.parametrize(("events", "rows", "few"), [(4, 1, 1), (5, 2, 0)])
def test_who_has_too_few_events_has_no_index_and_is_counted(warehouse: Warehouse, tmp_path, events, rows, few):
    fill(warehouse, event_attributes=washes("a", shares(5, 5)) + washes("b", shares(0, events)))
    found = made(warehouse, reference(tmp_path / "r", content([index(min_events=5)])))
    assert len(found["customer_indices"]) == rows and found["index_definitions"].at[0, "customers_few"] == few
    assert found["index_definitions"].at[0, "population_share"] == 1 / rows  # of those who have the index


def test_a_population_of_one_shows_nothing(warehouse: Warehouse, tmp_path):
    fill(warehouse, event_attributes=washes("a", shares(5, 5)))
    (row,) = made(warehouse, reference(tmp_path / "r", content([index()])))["customer_indices"].to_dict("records")
    assert row["index_pp"] == 0 and pd.isna(row["p_value"]) and pd.isna(row["evident"])


def test_compared_within_groups_and_left_out_where_the_group_is_unknown(warehouse: Warehouse, tmp_path):
    people = [
        {"customer_id": c, "gender": g} for c, g in (("a", "female"), ("b", "female"), ("c", "male"), ("d", None))
    ]
    hits = {"a": 8, "b": 4, "c": 1, "d": 9, "e": 9}
    fill(warehouse, customers=people, event_attributes=[w for c, n in hits.items() for w in washes(c, shares(n, 10))])
    found = made(warehouse, reference(tmp_path / "r", content([index(population="gender")])))
    rows = indexed(found["customer_indices"])
    assert rows["population_share"].to_dict() == {"a": 0.6, "b": 0.6, "c": 0.1}
    assert rows["percentile"].to_dict() == {"a": 75, "b": 25, "c": 50}
    groups = found["index_definitions"].set_index("population_group")
    assert groups["customers"].to_dict() == {"female": 2, "male": 1} and set(groups["customers_ungrouped"]) == {2}


def test_a_segment_is_that_of_the_month(warehouse: Warehouse, tmp_path):
    types = [{"month": date(2021, m, 1), "customer_id": "a", "segment_id": s} for m, s in ((2, "old"), (3, "now"))]
    fill(warehouse, customer_types=types, event_attributes=washes("a", shares(1, 2)))
    rows = made(warehouse, reference(tmp_path / "r", content([index(population="segment")])))["customer_indices"]
    assert rows["population_group"].tolist() == ["now"]


def test_what_a_receipt_tells(warehouse: Warehouse, tmp_path):
    """2021-03-05 is a Friday, the 6th a Saturday; December is winter; an unknown channel is no event."""
    visited = [(3, 5, "online", "A01"), (3, 6, None, "A02"), (3, 7, "offline", None), (2, 1, "offline", "A01")]
    receipts = [
        receipt("a", f"{n}", datetime(2021, m, d, 9), channel=channel, partner_id=partner)
        for n, (m, d, channel, partner) in enumerate(visited)
    ]
    told = content([index("friday", "weekday", ["friday"]), index("free", "weekend", ["weekend"]),
                    index("cold", "season", ["winter", "autumn"]), index("web", "channel", ["online"]),
                    index("one", "partner", ["A01"]),
                    index("fresh", "weekend", ["weekend"], window_months=1)])  # fmt: skip
    fill(warehouse, receipts=receipts)
    rows = made(warehouse, reference(tmp_path / "r", told))["customer_indices"].set_index("index_id")
    assert rows["events"].to_dict() == {"friday": 4, "free": 4, "cold": 4, "web": 3, "one": 3, "fresh": 3}
    assert rows["share"].to_dict() == pytest.approx(
        {"friday": 1 / 4, "free": 2 / 4, "cold": 1 / 4, "web": 1 / 3, "one": 2 / 3, "fresh": 2 / 3}
    )


def test_lines_are_the_events_and_receipts_the_trials(warehouse: Warehouse, tmp_path):
    """A basket of ten lines of one category is one observation of it: 20 of 21 lines, but 2 receipts of 3."""
    at = datetime(2021, 3, 5, 9)
    bought = [("r1", "P1", 10), ("r2", "P1", 10), ("r3", "P2", 1)]
    lines = [line("a", r, at, p, line_no=n + 1) for r, p, many in bought for n in range(many)]
    lines += [line("a", "r4", at, "P1", record_type="return"), line("a", "r5", at, "P3"), line("a", "r6", at, "P9")]
    lines += [line(f"b{n:02}", f"s{k}", at, "P1" if k == 0 else "P2") for n in range(20) for k in range(10)]
    names = ("product_id", "category_major", "category_middle")
    products = [
        dict(zip(names, p, strict=True)) for p in (("P1", "food", "milk"), ("P2", "home", "soap"), ("P3", None, None))
    ]
    told = content([index("food", "category_major", ["food"]), index("soap", "category_middle", ["soap"])])
    fill(warehouse, raw_transactions=lines, products=products)
    rows = made(warehouse, reference(tmp_path / "r", told))["customer_indices"].set_index(["index_id", "customer_id"])
    food = rows.loc["food", "a"]
    assert (food["events"], food["receipts"], food["share"]) == (21, 3, 20 / 21)
    assert food["p_value"] > 0.05, "as 20 independent lines of 21 it would be beyond doubt"
    assert rows.loc[("soap", "a"), "share"] == 1 / 21


def test_wallet_payments_are_events_where_they_are_receipts_and_returns_never(warehouse: Warehouse, tmp_path):
    rows = washes("a", shares(1, 2)) + washes("a", ["hygiene"], month=2, record_type="wallet")
    rows += washes("a", ["hygiene"] * 3, month=1, record_type="return")
    fill(warehouse, event_attributes=rows)
    folder = reference(tmp_path / "r", content([index()]))
    assert made(warehouse, folder)["customer_indices"]["share"].tolist() == [1 / 2]
    assert made(warehouse, folder, count_wallet_as_purchase=True)["customer_indices"]["share"].tolist() == [2 / 3]


def test_an_index_without_events_is_still_defined(warehouse: Warehouse, tmp_path):
    """A shop without the attribute, without channels, without categories."""
    told = content([index(), index("web", "channel", ["online"]), index("food", "category_major", ["food"])])
    fill(warehouse, receipts=visits("a", [9], channel=None))
    found = made(warehouse, reference(tmp_path / "r", told))
    assert found["customer_indices"].empty
    definitions = found["index_definitions"]
    assert definitions["index_id"].tolist() == ["food", "web", "x"] and definitions["population_share"].isna().all()
    assert definitions["customers"].tolist() == [0, 0, 0]


def test_models_answers_on_0_to_100(warehouse: Warehouse, tmp_path):
    at = {"month": date(2021, 3, 1)}
    later = {"month": date(2021, 4, 1)}
    silent = [{**at, "customer_id": c, "p_alive": p} for c, p in (("a", 0.25), ("b", 0.875), ("c", None), ("d", 0.25))]
    silent += [{**later, "customer_id": "z", "p_alive": 1.0}]
    risks = [{**at, "customer_id": c, "churn_risk": r} for c, r in (("a", 0.5), ("b", 7.0), ("d", None), ("e", 0.5))]
    new = [{**at, "customer_id": c, "probabilities": p} for c, p in
           (("n", '{"master": 0.5, "pro": 0.25, "novice": 0.25}'), ("o", '{"corona_averse": 1.0}'))]  # fmt: skip
    fill(warehouse, alive_probabilities=silent, churn_risk=risks, new_customer_predictions=new)
    told = content(models=[
        model("alive", "alive_probabilities", "p_alive",
              labels=[label("here", at_least=87.5), label("away", at_most=25)]),
        model("gone", "alive_probabilities", "p_alive", direction="reversed"),
        model("late", "churn_risk", "churn_risk", scale="percentile"),
        model("on_time", "churn_risk", "churn_risk", scale="percentile", direction="reversed"),
        model("loyal", "new_customer_predictions", "probabilities", types="loyal"),
    ])  # fmt: skip
    found = made(warehouse, reference(tmp_path / "r", told))
    rows = found["customer_indices"]
    scores = {name: indexed(rows, name)["score"].to_dict() for name in rows["index_id"].unique()}
    assert scores == {
        "alive": {"a": 25, "b": 87.5, "d": 25},
        "gone": {"a": 75, "b": 12.5, "d": 75},
        "late": {"a": pytest.approx(100 / 3), "e": pytest.approx(100 / 3), "b": pytest.approx(250 / 3)},
        "on_time": {"a": pytest.approx(200 / 3), "e": pytest.approx(200 / 3), "b": pytest.approx(50 / 3)},
        "loyal": {"n": 75, "o": 0},
    }
    assert indexed(rows, "alive")["label_id"].to_dict() == {"a": "away", "b": "here", "d": "away"}
    assert rows["evident"].isna().all() and rows["share"].isna().all()
    definitions = found["index_definitions"].set_index("index_id")
    assert (
        definitions.at["alive", "score_mean"] == pytest.approx(137.5 / 3)
        and definitions.at["gone", "counted"] == "100 − percent"
    )


def test_later_months_and_those_before_the_window_change_nothing(warehouse: Warehouse, tmp_path):
    told = content([index(), index("early", "daypart:s3", ["morning"]), index("food", "category_major", ["food"])])
    folder = reference(tmp_path / "r", told)
    months = (1, 2, 3)
    fill(
        warehouse,
        receipts=[v for m in months for v in visits("a", [7, 8, 20], m) + visits("b", [22], m)],
        event_attributes=[w for m in months for w in washes("a", shares(1, 3), m) + washes("b", shares(2, 3), m)],
        raw_transactions=[line("a", f"r{m}", datetime(2021, m, 3, 9)) for m in months],
        products=[{"product_id": "P1", "category_major": "food"}],
    )
    before = made(warehouse, folder, window_months=12)
    fill(
        warehouse,
        receipts=visits("a", [7] * 20, 4) + visits("late", [7] * 20, 4),
        event_attributes=washes("a", shares(9, 9), 4) + washes("late", shares(0, 9), 4),
        raw_transactions=[line("late", "r4", datetime(2021, 4, 3, 9))],
        customer_types=[{"month": date(2021, 4, 1), "customer_id": "a", "segment_id": "s"}],
    )
    after = made(warehouse, folder, window_months=12)
    for table, frame in before.items():
        pd.testing.assert_frame_equal(after[table], frame)
    assert len(made(warehouse, folder, month="2021-04-01")["customer_indices"]) > len(before["customer_indices"])


def test_a_value_that_nothing_has_is_told(warehouse: Warehouse, tmp_path):
    fill(warehouse, event_attributes=washes("a", shares(1, 2)))
    folder = reference(tmp_path / "r", content([index(), index("typo", values=["hygeine"])]))
    check, *_ = results(customer_indices, warehouse, MARCH, reference_dir=str(folder))
    assert not check.passed and check.metadata["indices without such events"].value == "typo"


def test_a_random_shop_equals_pandas(warehouse: Warehouse, tmp_path):
    draw = np.random.default_rng(5)
    rows, people = [], []
    for n in range(150):
        customer, own = f"C{n:03}", draw.beta(1, 3)
        people.append({"customer_id": customer, "age_band": str(draw.choice(["20대", "30대"]))})
        for month in (1, 2, 3):
            many = int(draw.integers(0, 12))
            rows += washes(customer, list(np.where(draw.random(many) < own, "hygiene", "wool")), month)
    fill(warehouse, event_attributes=rows, customers=people)
    told = content([index(min_events=6), index("aged", population="age_band", min_events=3, window_months=2)])
    found = made(warehouse, reference(tmp_path / "r", told))["customer_indices"]
    frame = pd.DataFrame(rows).merge(pd.DataFrame(people), on="customer_id")
    for name, least, months, groups in (("x", 6, (1, 2, 3), None), ("aged", 3, (2, 3), "age_band")):
        own = frame[[m.month in months for m in frame["month"]]]
        told = (
            own.assign(hit=own["value"] == "hygiene")
            .groupby("customer_id")
            .agg(events=("hit", "size"), hits=("hit", "sum"), group=("age_band", "first"))
        )
        told = told[told["events"] >= least].assign(share=lambda f: f["hits"] / f["events"])
        by = told.groupby(told["group"] if groups else np.zeros(len(told)))["share"]
        told["population_share"] = by.transform("mean")
        told["percentile"] = by.transform(lambda s: [100 * ((s < v).sum() + (s == v).sum() / 2) / len(s) for v in s])
        made_rows = indexed(found, name)
        assert list(made_rows.index) == sorted(told.index) and len(told) > 100
        for column in ("events", "share", "population_share", "percentile"):
            assert made_rows[column].to_dict() == pytest.approx(told[column].to_dict(), abs=1e-9), column
        assert made_rows["index_pp"].to_dict() == pytest.approx(
            (100 * (told["share"] - told["population_share"])).to_dict(), abs=1e-6
        )
    assert Counter(found["evident"])[True] > 10

"""``first_purchase_features.sql`` against plain Python, column by column; its edges; and that no later receipt, of whom
ever, changes a row of an earlier cut-off, here or in ``feature_table``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import log
from random import Random
from statistics import mean, stdev

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.feature_sets import described as model_columns_of
from crm_assets.contracts.feature_sets import model_columns
from crm_assets.months import Snapshot
from crm_assets_tests.prediction.feature_shop import SNAPSHOT, insert
from crm_assets_tests.prediction.first_purchase_by_hand import expected
from crm_assets_tests.prediction.first_purchase_shop import (
    MADE,
    basket,
    described,
    line,
    make,
    random_lines,
    shop_of,
    table_rows,
)

SETS = {"feature_table": model_columns(), "first_purchase_features": model_columns(["first_purchase"])}
NAMES = SETS["first_purchase_features"]


@pytest.fixture(scope="module")
def shop():
    return random_lines()


@pytest.fixture(scope="module")
def session(shop):
    session = shop_of(*shop)
    make(session)
    return session


@pytest.fixture(scope="module")
def made(session):
    return table_rows(session, "first_purchase_features")


def test_every_column_equals_plain_python(shop, made):
    wanted = expected(*shop)
    assert made.keys() == wanted.keys() and len(wanted) > 200
    for at, row in wanted.items():
        assert list(row) == NAMES
        for name, value in row.items():
            wanted_value = pytest.approx(value, abs=5e-6) if isinstance(value, float) else value
            assert made[at][name] == wanted_value, f"{name} of {at}"


@pytest.mark.parametrize("name", NAMES)
def test_every_column_varies_and_is_null_somewhere_or_never(name, made):
    """The comparison above would pass on constants, and would not see what a poor receipt leaves empty."""
    values = [row[name] for row in made.values()]
    assert len(set(values)) > 3 or set(values) == {"food", "toys", None}
    assert (None in values) == (name != "amount_trend")


def test_the_rows_are_those_of_feature_table(session, made):
    wanted = {
        at: {name: row[name] for name in ("as_of", "cutoff_at", "receipts")}
        for at, row in table_rows(session, "feature_table").items()
        if at[1] != "as_of" or row["receipts"] <= 3
    }
    assert {at: {name: row[name] for name in next(iter(wanted.values()))} for at, row in made.items()} == wanted


def same(row, other, names):
    """The names of the columns whose values differ."""
    return [n for n in names if row[n] != other[n]]


def test_the_shop_as_it_was_at_each_cut_gives_the_same_features(shop):
    """Every receipt after a cut is taken away, of everybody and also of the same day: what is known of the customer at
    that moment, existing by now or still new, is what its cut row says."""
    session = shop_of(*shop)
    make(session)
    full = {table: table_rows(session, table) for table in SETS}
    session.execute("create table all_lines as select * from raw_transactions")
    session.execute("create table all_receipts as select * from receipts")
    moments = sorted({row["cutoff_at"] for (_, cutoff), row in full["feature_table"].items() if cutoff != "as_of"})
    compared, same_day = [0, 0], 0  # as one cut more of an existing customer, as all that is known of a new one
    for moment in moments:
        for table in ("raw_transactions", *MADE):
            session.execute(f"delete from {table}")
        session.execute(
            """insert into raw_transactions select l.* from all_lines l
            left join all_receipts r on r.month = l.month and r.customer_id = l.customer_id
                and r.receipt_id = l.receipt_id and r.record_type = l.record_type
            where coalesce(r.purchased_at, l.purchased_at) <= :moment""",
            moment=moment,
        )
        make(session)
        same_day += session.scalar(
            "select count(*) from all_receipts where purchase_date = cast(:moment as date) and purchased_at > :moment",
            moment=moment,
        )
        for table, names in SETS.items():
            then = table_rows(session, table)
            for (customer, cutoff), row in full[table].items():
                if cutoff != "as_of" and row["cutoff_at"] <= moment:
                    other = then.get((customer, cutoff))
                    if other is None and row["cutoff_at"] == moment:
                        other = then[customer, "as_of"]
                    if other is not None and other["receipts"] == row["receipts"]:
                        assert same(row, other, names) == [], (table, customer, cutoff, moment)
                        compared[other["cutoff"] == "as_of"] += 1
    print(f"{len(moments)} moments, {sum(compared)} rows compared, {same_day} receipts of the same day taken away")
    assert len(moments) > 20 and min(compared) > 200 and same_day > 50


def test_a_cut_row_is_the_same_in_every_later_month(shop):
    session = shop_of(*shop)
    snapshots = [Snapshot(date(2021, m, 1), SNAPSHOT.history_start, 12) for m in (1, 2, 3, 4)]
    for snapshot in snapshots:
        make(session, snapshot)
    for table, names in SETS.items():
        by_month = [table_rows(session, table, s.month) for s in snapshots]
        compared = 0
        for earlier, later in pairwise(by_month):
            for at, row in earlier.items():
                if at[1] != "as_of":
                    assert same(row, later[at], ["cutoff_at", "receipts", *names]) == [], (table, at)
                    compared += 1
        assert compared > 100


def test_what_others_buy_later_on_the_same_day_changes_nothing():
    """An hour after a cut: the same product at a thousandth and at a thousand times its price, and a huge receipt."""
    lines = [
        *basket("other", "A0", datetime(2021, 1, 2, 9), ("P1", 10), ("P2", 30)),
        *[row for d in range(4) for row in basket("C1", f"A{d}", datetime(2021, 2, 1 + d, 9), ("P1", 9), ("P3", 5))],
    ]
    before = described(lines)
    poison = [
        row
        for d in range(3)
        for row in basket("later", f"Z{d}", datetime(2021, 2, 1 + d, 10), ("P1", "0.01"), ("P1", 10_000), ("P3", 7))
    ]
    assert {c: described([*lines, *poison[:3]])["C1", c] for c in "1"} == {"1": before["C1", "1"]}
    assert described([*lines, *poison[:6]])["C1", "2"] != before["C1", "2"], "the poison of a day before would be seen"
    only_last = [row for row in poison if row["purchased_at"].day == 3]
    assert {c: described([*lines, *only_last])["C1", c] for c in "123"} == {c: before["C1", c] for c in "123"}


def test_later_months_change_nothing(shop, made):
    lines, products = shop
    late = datetime(2021, 4, 1, 12)
    poison = [row for c in ("C000", "new") for row in basket(c, "Z1", late, *[(f"P{i}", 10**9) for i in range(12)])]
    assert described([*lines, *poison], products) == made
    assert described([row for row in lines if row["month"] <= SNAPSHOT.month], products) == made


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(shop, made, threads):
    session = shop_of(*shop)
    session.connection.execute(f"set threads = {threads}")
    make(session)
    assert table_rows(session, "first_purchase_features") == made


def test_a_first_day_has_nothing_to_compare_with():
    (row,) = described(basket("C1", "A1", datetime(2021, 1, 1, 9), ("P1", 10), ("P2", 30))).values()
    assert {n for n in NAMES if row[n] is not None} == {
        "repeat_share_mean", "repeat_share_last", "distinct_product_share", "top_line_share", "amount_trend",
    }  # fmt: skip
    assert (row["top_line_share"], row["amount_trend"], row["distinct_product_share"]) == (0.75, 0, 1)


def test_a_product_never_sold_before_has_no_usual_price_and_is_new():
    lines = [
        *basket("other", "A0", datetime(2021, 1, 1, 9), ("P1", 10)),
        *basket("C1", "A1", datetime(2021, 2, 1, 9), ("P1", 20), ("P9", 500)),
        *basket("C2", "A1", datetime(2021, 1, 31, 9), ("P8", 500)),
    ]
    made = described(lines)
    assert made["C1", "as_of"]["price_level_mean"] == pytest.approx(log(2), abs=1e-6)
    assert made["C1", "as_of"]["deal_share"] == 0
    assert made["C1", "as_of"]["new_product_share"] == 0.5, "31 days of history lie before it"
    assert made["C2", "as_of"]["new_product_share"] is None, "30 do, and every product is new in them"
    assert made["C2", "as_of"]["price_level_mean"] is None


@pytest.mark.parametrize(("days", "share"), [(30, 1), (31, 0)])
def test_a_product_is_new_for_thirty_days(days, share):
    lines = [
        *basket("other", "A0", datetime(2020, 12, 1, 9), "P1"),
        *basket("other", "A1", datetime(2021, 1, 20, 9), "P2"),
        *basket("C1", "A1", datetime(2021, 1, 20, 9) + timedelta(days=days), "P2"),
    ]
    assert described(lines)["C1", "as_of"]["new_product_share"] == share


@pytest.mark.parametrize(("price", "deal"), [(9.49, 1), (9.53, 0), (10.54, 0)])
def test_a_deal_begins_at_five_percent(price, deal):
    lines = [
        *basket("other", "A0", datetime(2021, 1, 1, 9), ("P1", 10)),
        *basket("C1", "A1", datetime(2021, 1, 2, 9), ("P1", str(price))),
    ]
    assert described(lines)["C1", "as_of"]["deal_share"] == deal


def test_receipts_of_one_day_are_no_days_apart():
    lines = [row for i in range(3) for row in basket("C1", f"A{i}", datetime(2021, 2, 1, 9 + i), "P1")]
    row = described(lines)["C1", "as_of"]
    assert [row[n] for n in NAMES if n.startswith("days_between")] == [0, 0, 0, 0]


def test_a_service_counts_as_a_receipt_and_tells_nothing_of_products():
    lines = [
        *basket("C1", "A1", datetime(2021, 2, 1, 9), ("P1", 10), ("P1", 30)),
        line("C1", "A2", datetime(2021, 2, 4, 9), None, record_type="service", quantity=None, amount=Decimal(80)),
    ]
    row = described(lines, [("P1", "food")])["C1", "as_of"]
    assert (row["receipts"], row["days_between_last"], row["repeat_share_last"]) == (2, 3, None)
    assert (row["repeat_share_mean"], row["top_line_share"], row["category_mode"]) == (0.5, 0.75, "food")
    assert row["amount_trend"] == pytest.approx(log(81 / 41))


def test_a_tie_of_categories_goes_to_the_one_bought_last():
    """food, toys · toys, food, of which food is the later line · then another kind once."""
    products = [("F", "food"), ("T", "toys"), ("X", "tools"), ("?", None)]
    at = datetime(2021, 2, 1, 9)
    carts = [("F", "T"), ("T", "F"), ("X", "?", "?", "?", "?", "?"), ("X",)]
    lines = [r for i, cart in enumerate(carts) for r in basket("C1", f"A{i}", at + timedelta(days=i), *cart)]
    made = described(lines, products)
    assert [made["C1", c]["category_mode"] for c in "123"] == ["toys", "food", "food"]


@pytest.mark.parametrize(
    ("receipts", "most", "cutoffs"), [(3, 3, ["as_of"]), (4, 3, ["1", "2", "3"]), (4, 4, ["as_of"]), (2, 1, ["1", "2"])]
)
def test_a_long_history_is_described_by_its_cuts_alone(receipts, most, cutoffs):
    lines = [row for i in range(receipts) for row in basket("C1", f"A{i}", datetime(2021, 2, 1 + i, 9), "P1")]
    made = described(lines, new_customer_max_receipts=most)
    assert [cutoff for _, cutoff in made] == cutoffs


def test_no_receipts_make_no_rows():
    assert described([]) == {}


@pytest.fixture(scope="module")
def alike():
    """Receipts of one kind: lines, products, prices drawn alike, so that a fourth is like a first."""
    draw = Random(3)

    def receipt(customer, number, at):
        cart = [(f"P{draw.randrange(12)}", draw.choice(["8", "10", "10", "13"])) for _ in range(draw.choice([2, 4]))]
        return basket(customer, number, at, *cart)

    lines = [row for i in range(500) for row in receipt("W", f"B{i}", datetime(2020, 12, 1 + i % 9, 9))]
    for i in range(400):
        day = datetime(2021, 1, 12, 9) + timedelta(days=draw.randrange(40))
        lines += [row for j in range(4) for row in receipt(f"C{i:03d}", f"A{j}", day + timedelta(days=3 * j))]
    rows = described(lines)
    return {cut: [rows[f"C{i:03d}", cut] for i in range(400)] for cut in "123"}


def test_a_flag_p_is_what_it_says(alike):
    """Where receipts are alike, the expectation of a column with P does not depend on how many are kept; that of the
    others does, or they need two receipts."""
    for column in model_columns_of(CONTRACTS["first_purchase_features"]):
        if column.sql_type == "VARCHAR":
            continue
        pairs = [(a[column.name], b[column.name]) for a, b in zip(alike["1"], alike["3"], strict=True)]
        differences = [float(b) - float(a) for a, b in pairs if a is not None and b is not None]
        if "P" in column.metadata["flags"]:
            assert abs(mean(differences)) <= 4 * stdev(differences) / len(differences) ** 0.5, column.name
        else:
            assert not differences or abs(mean(differences)) > 6 * stdev(differences) / len(differences) ** 0.5, (
                column.name
            )


def test_a_second_delivery_of_the_same_month_replaces_it(shop, made):
    """Late lines restate the month: made again after they landed, it is as if they had been there."""
    lines, products = shop
    session = shop_of(lines[::2], products)
    make(session)
    assert table_rows(session, "first_purchase_features") != made
    insert(session, "raw_transactions", lines[1::2])
    make(session)
    assert table_rows(session, "first_purchase_features") == made

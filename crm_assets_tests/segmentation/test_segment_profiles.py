"""``segment_profiles.sql`` against pandas, figure by figure, and at the edges: poor sources, zeros, later months."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.contracts.segment_profiles import SegmentProfiles
from crm_assets.report.cards import FIGURES
from crm_assets.report.types import SHOWN_ABOVE, measures_shown
from crm_assets.warehouse import read_query
from crm_assets_tests.report.report_sample import texts
from crm_assets_tests.segmentation.profile_shop import (
    LOYAL,
    SNAPSHOT,
    derived,
    in_window,
    insert,
    random_shop,
    season,
    warehouse,
)

CONVERTED = 0.25
BANNED = [
    "filter(", "filter (", "qualify", "mode(", "any_value", "::", "list_", "arg_max", "max_by", "group by all",
    "date_trunc", "date_diff", "datediff",
]  # fmt: skip


def profiles(session):
    """(segment, measure, category) → (value, unit, base); the contract must hold."""
    sql = read_query("segment_profiles")
    staged = session.stage(CONTRACTS["segment_profiles"], sql, **SNAPSHOT.parameters, loyal_conversion_share=CONVERTED)
    assert session.violations(SegmentProfiles, staged) == []
    rows = session.rows(
        f"select segment_id, measure, category, value, unit, base, segment_name, month, as_of from {staged} "
        "order by segment_id, measure, category"
    )
    assert {r[7:] for r in rows} <= {(SNAPSHOT.month, SNAPSHOT.as_of)}
    assert all(r[6] == r[0].replace("S", "persona ") for r in rows)
    return {r[:3]: r[3:6] for r in rows}


def expected(shop):  # long: one measure after the other
    """The same, a segment at a time."""
    receipts, lines, own_tables = in_window(shop["receipts"]), in_window(shop["raw_transactions"]), derived(shop)
    people = shop["cluster_assignments"][["customer_id", "segment_id"]].merge(
        shop["rfm_scores"], on="customer_id").merge(
        own_tables["attribute_segments"].drop(columns=["month", "as_of"]), on="customer_id").merge(
        own_tables["churn_risk"][["customer_id", "churn_risk"]], on="customer_id")  # fmt: skip
    people["monetary"] = people["monetary"].astype(float)
    people["wallet"] = people["wallet_user"] == 1
    people["late"] = pd.cut(people["churn_risk"].astype(float), [-1, 0.5, 1, 2, 4, 1e9], right=False,
                            labels=["under_0.5", "0.5-1", "1-2", "2-4", "4+"]).astype(object)  # fmt: skip
    people["variety"] = pd.cut(people["categories_major"], [0, 5, 10, 15, 20, 30, 1e9], right=False,
                               labels=["0-4", "5-9", "10-14", "15-19", "20-29", "30+"]).astype(object)  # fmt: skip
    sold = lines[lines["record_type"] == "product"].merge(shop["products"], on="product_id", how="left")
    sold["amount"], sold["name"] = sold["amount"].astype(float), sold["name"].fillna(sold["product_id"])
    bought = sold.dropna(subset="category_major")
    receipts = receipts.assign(
        hour=receipts["purchase_hour"].map("{:02d}".format),
        weekday=receipts["purchase_date"].map(lambda d: str(d.weekday())),
        season=receipts["purchase_date"].map(lambda d: season(d.month)),
    )
    made = {}
    for segment in ["all", *people["segment_id"].unique()]:
        own = people if segment == "all" else people[people["segment_id"] == segment]
        slips = receipts[receipts["customer_id"].isin(own["customer_id"])]
        basket = bought[bought["customer_id"].isin(own["customer_id"])]
        products = sold[sold["customer_id"].isin(own["customer_id"])]
        n, spent = len(own), own["monetary"].sum()
        users, others = own[own["wallet"]], own[~own["wallet"]]
        for measure, value, unit, base in [
            ("customers", n, "customers", n),
            ("customer_share", n / len(people), "share", len(people)),
            ("recency_days_mean", own["recency_days"].mean(), "days", n),
            ("frequency_mean", own["frequency"].mean(), "receipts", n),
            ("visit_days_mean", own["visit_days"].mean(), "days", n),
            ("monetary_mean", own["monetary"].mean(), "currency", n),
            ("revenue", spent, "currency", n),
            ("revenue_share", spent / people["monetary"].sum(), "share", n),
            ("receipt_amount_pooled_mean", slips["amount"].astype(float).mean(), "currency", len(slips)),
            ("wallet_user_share", own["wallet"].mean(), "share", n),
            ("monetary_mean_wallet_users", users["monetary"].mean(), "currency", len(users)),
            ("monetary_mean_wallet_non_users", others["monetary"].mean(), "currency", len(others)),
            ("categories_major_mean", own["categories_major"].mean(), "categories", n),
        ]:
            made[segment, measure, ""] = (value, unit, base)
        for measure, values, everybody in [
            ("age_band", own["age_band"], people["age_band"]),
            ("gender", own["gender"], people["gender"]),
            ("region", own["region"], people["region"]),
            ("rfm_band", own["rfm_band"], people["rfm_band"]),
            ("channel_use", own["channel_use"], people["channel_use"]),
            ("interest_category", own["interest_category"], people["interest_category"]),
            ("loyalty", own["loyalty"], people["loyalty"]),
            ("purchasing_power", own["purchasing_power"], people["purchasing_power"]),
            ("churn_risk", own["late"], people["late"]),
            ("categories_major", own["variety"], people["variety"]),
            ("purchase_hour", slips["hour"], ["00", "09", "10", "14", "23"]),
            ("weekday", slips["weekday"], list("0123456")),
            ("season", slips["season"], ["winter", "spring"]),
        ]:
            shares, known = values.value_counts(normalize=True), int(values.notna().sum())
            for category in set(pd.Series(everybody).dropna()):
                made[segment, measure, category] = (shares.get(category, 0.0), "share", known)
        for category, amount in basket.groupby("category_major")["amount"].sum().nlargest(5).items():
            made[segment, "category_major_top", category] = (amount / basket["amount"].sum(), "share", n)
        for name, amount in products.groupby("name")["amount"].sum().nlargest(5).items():
            made[segment, "product_top", name] = (amount / products["amount"].sum(), "share", n)
        risk = own["churn_risk"].dropna().astype(float)
        made[segment, "churn_risk_median", ""] = (risk.median(), "ratio", len(risk))
    return made | conversion(people)


def conversion(people):
    loyal = people[people["segment_id"].isin(LOYAL)]
    potential = people.drop(loyal.index)
    gain = loyal["monetary"].mean() - potential["monetary"].mean()
    figures = {
        "loyal_customers": (len(loyal), "customers", len(loyal)),
        "potential_loyal_customers": (len(potential), "customers", len(potential)),
        "potential_loyal_ratio": (len(potential) / len(loyal), "ratio", len(people)),
        "monetary_mean_loyal": (loyal["monetary"].mean(), "currency", len(loyal)),
        "monetary_mean_potential_loyal": (potential["monetary"].mean(), "currency", len(potential)),
        "loyal_conversion_share": (CONVERTED, "share", len(potential)),
        "loyal_conversion_revenue": (CONVERTED * len(potential) * gain, "currency", len(potential)),
    }
    return {("all", measure, ""): figure for measure, figure in figures.items()}


@pytest.fixture(scope="module")
def shop():
    return random_shop()


@pytest.fixture(scope="module")
def made(shop):
    return profiles(warehouse(shop))


def test_every_figure_equals_pandas(shop, made):
    wanted = expected(shop)
    assert made.keys() == wanted.keys()
    assert {"SA", "SB", "SC", "all"} == {segment for segment, _, _ in made}
    for at, (value, unit, base) in wanted.items():
        assert made[at] == (pytest.approx(value, rel=1e-9), unit, base), at


def test_the_shop_has_every_column_that_the_query_reads(shop):
    """A measure of a column that is empty here would have no row, and no test would miss it."""
    query, session = read_query("segment_profiles"), warehouse(shop)
    words = set(re.findall(r"\w+", query))
    empty = [
        f"{table}.{column.name}"
        for table in set(re.findall(r"(?:from|join) (\w+)", query)) & CONTRACTS.keys()
        for column in columns(CONTRACTS[table])
        if column.name in words and not session.scalar(f"select count({column.name}) from {table}")
    ]
    assert empty == []


def test_every_measure_that_the_report_shows_is_made(made):
    charted = {measure for panel in texts().at("panels") for measure in measures_shown(panel)}
    assert charted | SHOWN_ABOVE | set(FIGURES.values()) <= {measure for _, measure, _ in made}


def test_means_of_money_are_exact(shop):
    """Sums of decimals: binary ones would lose the last digits of so much money."""
    scores = shop["rfm_scores"]
    much = [Decimal(99_999_999_999_999) - Decimal(i) / 10_000 for i in range(len(scores))]
    made = profiles(warehouse({**shop, "rfm_scores": scores.assign(monetary=much)}))
    for segment in ("all", "SA", "SB", "SC"):
        revenue, _, customers = made[segment, "revenue", ""]
        assert made[segment, "monetary_mean", ""][0] == revenue / customers


def test_distributions_sum_to_one(made):
    sums = {}
    for (segment, measure, category), (value, _, _) in made.items():
        if category and not measure.endswith("_top"):
            sums[segment, measure] = sums.get((segment, measure), 0) + value
    assert len(sums) == 4 * len({measure for _, measure in sums}) and all(v == pytest.approx(1) for v in sums.values())


def test_later_months_and_other_snapshots_change_nothing(shop, made):
    before = {t: f[f["month"] <= SNAPSHOT.month] if "month" in f else f for t, f in shop.items()}
    session = warehouse(before)
    assert profiles(session) == made
    late = {t: f.assign(month=date(2021, 4, 1)) for t, f in shop.items() if "month" in f}
    for frame in late.values():
        for name in {"amount", "monetary"} & set(frame):
            frame[name] = Decimal(10**9)
    for table, frame in late.items():
        insert(session, table, frame)
    assert profiles(session) == made


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(shop, made, threads):
    session = warehouse(shop)
    session.connection.execute(f"set threads = {threads}")
    assert profiles(session) == made


def test_a_category_of_another_type_has_a_row_of_zero(shop):
    """Every type shows the same categories, so that two of them can be laid side by side."""
    people = shop["customers"].copy()
    of_c = shop["cluster_assignments"].query("segment_id == 'SC'")["customer_id"]
    people.loc[people["customer_id"].isin(of_c), "gender"] = "female"
    made = profiles(warehouse({**shop, "customers": people}))
    assert made["SC", "gender", "male"][0] == 0.0
    assert made["SC", "gender", "female"][0] == 1.0


def test_measures_that_the_source_does_not_have_are_absent(shop, made):
    """No wallet, no customers' file, and nothing that a contract allows to be empty: no channels, no categories."""
    bare = {
        table: frame.assign(**{c.name: None for c in columns(CONTRACTS[table]) if c.nullable and c.name in frame})
        for table, frame in {**shop, "customers": shop["customers"].iloc[:0]}.items()
    }
    lines = bare["raw_transactions"]
    bare["raw_transactions"] = lines[lines["record_type"] != "wallet"]
    absent = {m for _, m, _ in made} - {m for _, m, _ in profiles(warehouse(bare))}
    assert absent == {
        "wallet_user_share", "monetary_mean_wallet_users", "monetary_mean_wallet_non_users", "categories_major_mean",
        "category_major_top", "age_band", "gender", "region", "channel_use", "categories_major", "product_top",
    }  # fmt: skip


def test_a_type_without_wallet_users_has_no_mean_of_them(shop):
    lines = shop["raw_transactions"]
    of_c = shop["cluster_assignments"].query("segment_id == 'SC'")["customer_id"]
    kept = lines[(lines["record_type"] != "wallet") | ~lines["customer_id"].isin(of_c)]
    made = profiles(warehouse({**shop, "raw_transactions": kept}))
    assert made["SC", "wallet_user_share", ""][0] == 0.0
    assert ("SC", "monetary_mean_wallet_users", "") not in made
    assert made["SC", "monetary_mean_wallet_non_users", ""] == made["SC", "monetary_mean", ""]


def test_the_greatest_categories_break_ties_by_name(shop):
    """Seven categories of the same amount: the first five by name."""
    lines = shop["raw_transactions"]
    customer = shop["cluster_assignments"]["customer_id"].iloc[0]
    same = lines[lines["record_type"] == "product"].iloc[:7]
    same = same.assign(month=SNAPSHOT.month, customer_id=customer, amount=Decimal(7))
    same = same.assign(product_id=[f"P{i}" for i in range(7)])
    made = profiles(warehouse({**shop, "raw_transactions": same}))
    top = {c: v for (s, m, c), (v, _, _) in made.items() if (s, m) == ("all", "category_major_top")}
    assert top == {f"major {i}": pytest.approx(1 / 7) for i in range(5)}


def test_the_median_is_the_middle_or_the_mean_of_two(shop, made):
    risks = derived(shop)["churn_risk"]
    for n in (1, 2, 5, 6):
        some = shop["cluster_assignments"].head(n)
        own = risks.assign(churn_risk=risks["customer_id"].map(dict(zip(some["customer_id"], range(n), strict=True))))
        made = profiles(warehouse({**shop, "cluster_assignments": some, "churn_risk": own}))
        assert made["all", "churn_risk_median", ""] == ((n - 1) / 2, "ratio", n)


def test_without_loyal_customers_there_is_no_ratio(shop):
    session = warehouse(shop)
    session.reference("loyal_types", {"segment_id": "varchar"}, [])
    found = {m for s, m, _ in profiles(session) if s == "all" and {"loyal"} & set(m.split("_"))}
    assert found == {"loyal_customers", "potential_loyal_customers", "monetary_mean_potential_loyal"}


def test_no_types_make_no_rows(shop):
    assert profiles(warehouse({**shop, "cluster_assignments": shop["cluster_assignments"].iloc[:0]})) == {}


def test_the_query_is_portable():
    text = "\n".join(line.split("--")[0] for line in read_query("segment_profiles").lower().splitlines())
    assert [word for word in BANNED if word in text] == []

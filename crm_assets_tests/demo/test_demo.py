"""The demo keeps its promises: the published figures, the planted truth, the formats, and the same bytes each time.

Tolerances are for 3,000 customers; heavy tails get wide ones. `pytest -s` prints every figure beside its target.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import adjusted_rand_score, f1_score
from sklearn.preprocessing import StandardScaler

from crm_assets.demo import write_demo, writer
from crm_assets.segmentation import cluster_model, clustering
from crm_assets.segmentation.daily_correlation import signal_correlations
from crm_assets.segmentation.naming import read_personas, segment_name
from crm_assets.settings import PROJECT_DIR

REFERENCE = PROJECT_DIR / "data" / "reference"
VOCABULARY, PERSONAS = REFERENCE / "demo", read_personas(REFERENCE / "personas" / "lpoint.yaml")
CUSTOMERS, PUBLISHED_CUSTOMERS = 3_000, 29_874
TYPES = ["corona_averse", "novice", "pro", "master"]  # by size
DAYS = pd.date_range("2020-12-27", "2021-12-31")


@dataclass(frozen=True)
class Demo:
    """The demo read back: tables as frames, `receipts` of all three kinds without returns."""

    landing: Path
    truth: Path
    summary: object
    people: pd.DataFrame
    lines: pd.DataFrame  # with duplicates
    distinct: pd.DataFrame
    bought: pd.DataFrame  # distinct lines without returns
    services: pd.DataFrame
    wallet: pd.DataFrame
    products: pd.DataFrame
    daily: pd.DataFrame
    receipts: pd.DataFrame
    type: pd.Series  # by customer
    existing: pd.Index


def read(landing: Path, name: str) -> pd.DataFrame:
    path = landing / name
    if name in writer.QUERIES:  # the large tables are plain ASCII
        text = {column: "VARCHAR" for column in writer.HEADERS[name] if column in ("cust", "rct_no", "br_c")}
        return duckdb.sql(f"select * from read_csv('{path}', header=true, types={text})").df()
    return pd.read_csv(path, encoding="cp949")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Demo:
    root = tmp_path_factory.mktemp("demo")
    landing, truth = root / "landing", root / "truth"
    summary = write_demo(landing, truth, VOCABULARY, customers=CUSTOMERS)
    lines, services, wallet = (read(landing, n) for n in (writer.PRODUCT_LINES, writer.SERVICES, writer.WALLET))
    distinct = lines.drop_duplicates()
    bought = distinct[distinct.buy_am > 0]
    by_receipt = bought.groupby(["cust", "rct_no", "cop_c", "chnl_dv", "de_dt"], as_index=False)
    retail = by_receipt.agg(de_hr=("de_hr", "min"), buy_am=("buy_am", "sum"), pieces=("buy_ct", "sum"))
    kinds = [retail.assign(kind="retail"), services.assign(kind="service"), wallet.assign(kind="wallet")]
    receipts = pd.concat(kinds, ignore_index=True)
    receipts["date"] = pd.to_datetime(receipts.de_dt.astype(str))
    people = read(landing, writer.PEOPLE)
    count = receipts[receipts.kind != "wallet"].groupby("cust").size().reindex(people.cust, fill_value=0)
    return Demo(
        landing, truth, summary, people, lines, distinct, bought, services, wallet,
        read(landing, writer.PRODUCTS), read(landing, writer.DAILY), receipts,
        pd.read_csv(truth / "customers.csv").set_index("cust").latent_type, count.index[count > 3],
    )  # fmt: skip


def close(name: str, value: float, target: float, tolerance: float) -> None:
    """Prints a figure and holds it to `target` within a relative `tolerance`."""
    print(f"{name}: {value:,.4g}, published {target:,.4g}")
    assert value == pytest.approx(target, rel=tolerance), name


def test_counts_match_the_published_ones(demo):
    scale = PUBLISHED_CUSTOMERS / CUSTOMERS
    distinct = demo.distinct
    close("distinct lines", len(distinct) * scale, 4_140_000, 0.07)
    close("lines per receipt", len(distinct) / distinct.rct_no.nunique(), 3.46, 0.04)
    close("service receipts", len(demo.services) * scale, 248_000, 0.10)
    close("wallet rows", len(demo.wallet) * scale, 353_000, 0.12)
    close("wallet users", demo.wallet.cust.nunique() * scale, 8_906, 0.08)
    close("exact duplicates", len(demo.lines) / len(distinct) - 1, 0.05, 0.05)
    close("returned lines", (distinct.buy_am < 0).mean(), 0.01, 0.20)
    close("offline lines", (distinct.chnl_dv == 1).mean(), 0.87, 0.03)


def test_customers_match_the_published_ones(demo):
    close("women", (demo.people.ma_fem_dv == "여성").mean(), 0.67, 0.05)
    published = {"20대": 0.13, "30대": 0.26, "40대": 0.33, "50대": 0.19, "60대": 0.07, "70대": 0.02}
    ages = demo.people.ages.value_counts(normalize=True)
    print({age: round(ages[age], 3) for age in published})
    assert all(abs(ages[age] - share) < 0.03 for age, share in published.items())
    close("customers with at most three receipts", 1 - len(demo.existing) / CUSTOMERS, 0.12, 0.03)
    theirs = demo.receipts[demo.receipts.cust.isin(demo.existing)]
    close("retail receipts", (theirs.kind == "retail").sum() / len(demo.existing), 41, 0.12)
    receipts, spend = theirs.groupby("cust").size(), theirs.groupby("cust").buy_am.sum()
    close("receipts of all kinds", receipts.mean(), 71, 0.12)
    close("their standard deviation", receipts.std(), 85, 0.15)
    close("spend of all kinds", spend.mean(), 4_780_000, 0.15)
    close("its standard deviation", spend.std(), 14_300_000, 0.30)


def test_new_customers_arrive_late_and_have_types(demo):
    new = demo.receipts[(demo.receipts.kind != "wallet") & ~demo.receipts.cust.isin(demo.existing)]
    quarters = new.groupby("cust").date.min().dt.quarter.value_counts(normalize=True)
    print("first purchases of new customers by quarter", quarters.sort_index().round(2).to_dict())
    assert quarters[4] > quarters[3] > quarters[2] > quarters[1] > 0.05
    assert set(demo.type[new.cust.unique()]) == set(TYPES)


def test_types_are_ordered_by_size(demo):
    shares = demo.type[demo.existing].value_counts(normalize=True)
    print(shares.round(3).to_dict())
    assert list(shares.index) == TYPES and shares.min() > 0.05


def rfm(demo: Demo) -> pd.DataFrame:
    """Recency, frequency, monetary of existing customers over the trailing twelve months, without the wallet."""
    window = demo.receipts[(demo.receipts.kind != "wallet") & (demo.receipts.date >= "2021-01-01")]
    grouped = window[window.cust.isin(demo.existing)].groupby("cust")
    table = grouped.agg(last=("date", "max"), frequency=("rct_no", "nunique"), monetary=("buy_am", "sum"))
    return table.assign(recency=(pd.Timestamp("2021-12-31") - table["last"]).dt.days, type=demo.type)


def test_kmeans_largely_recovers_the_types(demo):
    """Measured: 0.55 at 3,000, 0.59 at 29,874 customers; boxes would give 1, noise 0."""
    table = rfm(demo)
    features = np.column_stack([table.recency, np.log1p(table.frequency), np.log1p(table.monetary)])
    found = KMeans(4, n_init=10, random_state=42).fit_predict(StandardScaler().fit_transform(features))
    ari = adjusted_rand_score(table.type, found)
    print(f"adjusted Rand index {ari:.3f}", pd.crosstab(table.type, found), sep="\n")
    assert 0.50 < ari < 0.75


def test_the_planted_types_carry_the_names_of_the_seed(demo):
    """The project's own fit at the sample's end, four types: the majority of each planted type has its persona's id.

    Measured: adjusted Rand 0.55; 0.54 to 0.62 under five other seeds of the sample, in one of which most planted
    pros lie nearer the masters: the groups overlap.
    """
    table = rfm(demo).rename(columns={"recency": "recency_days"}).rename_axis("customer_id").reset_index()
    model = clustering.fit(table, as_of="2021-12-31", personas=PERSONAS, k=4)
    found = cluster_model.assign(model, table).merge(table[["customer_id", "type"]], on="customer_id")
    crossed = pd.crosstab(found["type"], found["segment_id"])
    ari = adjusted_rand_score(found["type"], found["segment_id"])
    print(f"adjusted Rand index {ari:.3f}", crossed, sep="\n")
    assert crossed.idxmax(axis=1).to_dict() == {name: name for name in TYPES}
    assert ari > 0.50
    names = {i: segment_name(i, PERSONAS) for i in TYPES}
    assert names == {"corona_averse": "코로나 싫어", "novice": "초보주부", "master": "롯데고수", "pro": "주부9단"}


def test_types_have_their_character(demo):
    table = rfm(demo)
    mean = table.groupby("type")[["recency", "frequency", "monetary"]].mean()
    lines = demo.bought.merge(demo.products, on="pd_c")
    lines["type"] = lines.cust.map(demo.type)
    majors = lines.groupby("cust").clac_hlv_nm.nunique().groupby(demo.type).mean()
    online = (lines.chnl_dv == 2).groupby(lines.type).mean()
    existing = demo.type[demo.existing]
    wallet = pd.Series(existing.index.isin(demo.wallet.cust), existing.index).groupby(existing).mean()
    print(mean.round(0).assign(majors=majors, online=online, wallet=wallet).round(3).to_string())
    basket = mean.monetary / mean.frequency
    assert mean.recency.idxmax() == "corona_averse" and mean.recency["corona_averse"] > 3 * mean.recency["novice"]
    assert mean.frequency.idxmin() == "corona_averse" and mean.monetary.idxmin() == "corona_averse"
    assert mean.frequency[["pro", "master"]].min() > 3 * mean.frequency["novice"]
    assert mean.monetary["master"] > 3 * mean.monetary["pro"] and basket["pro"] < basket["novice"]
    assert wallet.idxmax() == "pro" and wallet.idxmin() == "corona_averse"
    assert online[["pro", "master"]].min() > 2 * online[["novice", "corona_averse"]].max()
    assert majors[["pro", "master"]].min() > 1.5 * majors[["novice", "corona_averse"]].max()
    top = lines[lines.type == "pro"].clac_hlv_nm.value_counts().index[:2]
    assert set(top) == {"화장지/위생", "세제"}
    hours = demo.receipts[(demo.receipts.kind == "retail") & demo.receipts.cust.isin(demo.type.index)]
    afternoon = hours.de_hr.between(14, 17).groupby(hours.cust.map(demo.type)).mean()
    assert afternoon.idxmax() == "master" and afternoon["master"] > 0.4
    ages = pd.crosstab(demo.people.ages, demo.people.cust.map(demo.type).values, normalize="columns")
    assert ages.loc["20대"].idxmax() == "corona_averse" and ages["master"].idxmax() == ages["pro"].idxmax() == "40대"


def test_only_corona_averse_activity_follows_new_cases(demo):
    purchases = demo.receipts[(demo.receipts.kind != "wallet") & demo.receipts.cust.isin(demo.existing)]
    cases = demo.daily.set_index(pd.to_datetime(demo.daily["일자"]))["신규확진(명)"].reindex(DAYS).bfill()
    r = {
        name: np.corrcoef(mine.groupby("date").size().reindex(DAYS, fill_value=0), cases)[0, 1]
        for name, mine in purchases.groupby(purchases.cust.map(demo.type))
    }
    print({name: round(value, 3) for name, value in r.items()})
    assert -0.75 < r.pop("corona_averse") < -0.5
    assert all(abs(value) < 0.15 for value in r.values())


def buyers_a_day(purchases: pd.DataFrame, types: pd.Series) -> pd.DataFrame:
    """Customers who bought, per type and day of 2021."""
    days = purchases[purchases.date >= "2021-01-01"].groupby([purchases.cust.map(types), "date"]).cust.nunique()
    counts = days.unstack(fill_value=0).reindex(columns=DAYS[DAYS.year == 2021], fill_value=0).stack()
    return counts.rename_axis(["segment_id", "date"]).rename("active_customers").reset_index()


def test_only_corona_averse_react_to_new_cases(demo):
    """Freed of trend and weekdays, by the planted types and by those that K-means finds. Published size: r -0.56."""
    purchases = demo.receipts[(demo.receipts.kind != "wallet") & demo.receipts.cust.isin(demo.existing)]
    table = rfm(demo)
    features = np.column_stack([table.recency, np.log1p(table.frequency), np.log1p(table.monetary)])
    found = pd.Series(
        KMeans(4, n_init=10, random_state=42).fit_predict(StandardScaler().fit_transform(features)), table.index
    )
    lapsed = table.recency.groupby(found).mean().idxmax()
    signals = pd.DataFrame(
        {"date": pd.to_datetime(demo.daily["일자"]), "signal": "new_cases", "value": demo.daily["신규확진(명)"]}
    )
    for types, reacts in ((demo.type, "corona_averse"), (found, lapsed)):
        activity = buyers_a_day(purchases, types).assign(segment_name=lambda f: f.segment_id)
        rows = signal_correlations(activity, signals).set_index("segment_id")
        print(rows[["r", "detrended_r", "detrended_low", "detrended_high", "p_adjusted", "detrended_days"]].round(3))
        assert rows.index[rows.allowed].tolist() == [reacts] and rows.direction[reacts] == "falls"


def test_bundles_are_bought_together(demo):
    bought = demo.bought
    total = bought.rct_no.nunique()
    bundles = pd.read_csv(demo.truth / "bundles.csv")
    assert 10 <= bundles.bundle.nunique() <= 15
    for name, items in bundles.groupby("bundle"):
        a, b = (set(bought.rct_no[bought.pd_c == product]) for product in items.pd_c[:2])
        lift = len(a & b) * total / len(a) / len(b)
        print(f"{name}: {len(a & b)} receipts, lift {lift:.0f}")
        assert lift > 10 and len(a & b) >= 15
    # Two categories that nobody planted together stay near lift 1.
    major = demo.products.set_index("pd_c").clac_hlv_nm
    a, b = (set(bought.rct_no[bought.pd_c.isin(major.index[major == name])]) for name in ("과자", "음료"))
    assert 0.5 < len(a & b) * total / len(a) / len(b) < 3


def test_types_can_be_read_from_the_first_receipts_but_not_fully(demo):
    """LightGBM, 29,874 customers: macro-F1 0.59, 0.65, 0.67 on 1, 2, 3 receipts; the majority class gives 0.14."""
    kinds = demo.receipts[(demo.receipts.kind != "wallet") & demo.receipts.cust.isin(demo.existing)]
    first = kinds.sort_values(["cust", "de_dt", "de_hr", "rct_no"]).groupby("cust").head(1).set_index("cust")
    people = demo.people.set_index("cust").reindex(first.index)
    codes = {"partner": first.cop_c, "age": people.ages, "gender": people.ma_fem_dv}
    features = pd.DataFrame({name: values.astype("category").cat.codes for name, values in codes.items()})
    features["amount"], features["unit"] = first.buy_am, first.buy_am / first.pieces.fillna(1)
    features["hour"], features["channel"] = first.de_hr, first.chnl_dv
    truth, cut = demo.type[first.index], len(first) * 2 // 3
    model = RandomForestClassifier(60, min_samples_leaf=10, class_weight="balanced", random_state=0)
    guess = model.fit(features[:cut], truth[:cut]).predict(features[cut:])
    score = f1_score(truth[cut:], guess, average="macro")
    print(f"macro-F1 on the first receipt {score:.3f}")
    assert 0.40 < score < 0.65


def test_the_week_and_the_wave_have_a_rhythm(demo):
    per_day = demo.receipts[demo.receipts.kind == "retail"].groupby("date").size()
    weekdays = per_day.groupby(per_day.index.day_of_week).mean()
    assert weekdays[5] > weekdays[1] and len(per_day) == len(DAYS)
    assert per_day["2021-09-13":"2021-09-20"].mean() > 1.1 * per_day["2021-09-22":"2021-10-05"].mean()
    assert list(demo.daily.columns) == writer.HEADERS[writer.DAILY]
    dates = pd.to_datetime(demo.daily["일자"])
    assert list(dates) == list(pd.date_range("2021-01-01", "2021-12-31"))
    cases = demo.daily.set_index(dates)["신규확진(명)"]
    months = cases.groupby(cases.index.month).mean()
    print("mean new cases by month", months.round(0).to_dict())
    assert months[:6].between(300, 1_000).all() and 1_500 < months[8] < 2_000
    assert months[10] < months[9] < months[12] and 6_000 < cases.max() < 9_000
    assert (
        cases.groupby(cases.index.day_of_week).mean().loc[[0, 6]].max()
        < cases.groupby(cases.index.day_of_week).mean()[3]
    )


def test_numbers_look_as_published(demo):
    assert demo.people.cust.is_unique and len(demo.people) == CUSTOMERS
    assert demo.people.cust.str.fullmatch(r"M\d{9}").all()
    assert demo.lines.pd_c.str.fullmatch(r"PD\d{4}").all() and demo.lines.pd_c.isin(demo.products.pd_c).all()
    assert demo.lines.rct_no.str.fullmatch(r"[AE]\d{11}").all()
    assert (demo.lines.rct_no.str[0] == demo.lines.chnl_dv.map({1: "A", 2: "E"})).all()
    assert demo.services.rct_no.str.fullmatch(r"\d{8}[AE]\d{9}").all()
    assert demo.wallet.rct_no.str.fullmatch(r"\d{15}").all() and demo.wallet.rct_no.is_unique
    assert demo.services.rct_no.is_unique and {"L00", "L01"} < set(demo.wallet.cop_c)
    # A receipt number belongs to one customer, day and partner.
    assert len(demo.lines.drop_duplicates(["rct_no", "cust", "de_dt", "de_hr", "cop_c"])) == demo.lines.rct_no.nunique()
    branches = read(demo.landing, writer.BRANCHES)
    for table in (demo.lines, demo.services):
        assert (table.br_c.isna() == (table.chnl_dv == 2)).all()
        assert table.br_c.dropna().isin(branches.br_c).all()
        assert table.de_dt.between(20201227, 20211231).all() and table.de_hr.between(0, 23).all()
    assert branches.br_c.str.fullmatch(r"[A-E]0\d{5}").all() and branches.zon_mcls.str.fullmatch(r"Z\d{5}").all()
    assert (demo.services.vst_dt >= demo.services.de_dt).all()
    products = demo.products
    counted = (len(products), products.pd_nm.nunique(), products.clac_hlv_nm.nunique(), products.clac_mcls_nm.nunique())
    assert counted == (1_933, 1_933, 60, 349)
    for name, header in writer.HEADERS.items():
        assert (demo.landing / name).read_bytes().split(b"\n", 1)[0].decode("cp949") == ",".join(header)


def test_returns_and_wallet_repeat_purchases(demo):
    back, bought = demo.distinct[demo.distinct.buy_am < 0], demo.bought
    assert (back.buy_ct < 0).all() and (bought.buy_ct > 0).all()
    assert not set(back.rct_no) & set(bought.rct_no)
    origin = back.assign(buy_am=-back.buy_am, buy_ct=-back.buy_ct).merge(
        bought, on=["cust", "pd_c", "buy_am", "buy_ct"], suffixes=("", "_origin")
    )
    earlier = origin[origin.de_dt_origin < origin.de_dt]
    assert earlier.rct_no.nunique() == back.rct_no.nunique()
    purchases = demo.receipts[demo.receipts.kind != "wallet"]
    keys = ["cust", "de_dt", "de_hr", "buy_am"]
    repeated = demo.wallet.merge(purchases[keys].drop_duplicates(), on=keys)
    close("wallet rows that repeat a purchase", len(repeated) / len(demo.wallet), 0.92, 0.03)


def test_the_worked_example_is_there(demo):
    mine = demo.lines[demo.lines.cust == "M412637909"].drop_duplicates().merge(demo.products, on="pd_c")
    assert set(mine.rct_no) == {"A02199868530"} and list(mine.buy_am) == [500, 1380, 1260]
    assert list(mine.clac_mcls_nm) == ["주방정리용품/소모품", "냉장간편식", "향신료"]
    row = mine.iloc[0]
    assert (row.de_dt, row.de_hr, row.chnl_dv, row.cop_c) == (20210726, 19, 1, "A02")
    person = demo.people.set_index("cust").loc["M412637909"]
    assert (person.ma_fem_dv, person.ages) == ("여성", "20대")
    assert "M412637909" not in set(demo.services.cust) | set(demo.wallet.cust)


def test_summary_counts_the_rows_below_the_header(demo):
    for path, rows in demo.summary.rows.items():
        assert path.read_bytes().count(b"\n") == rows + 1, path.name
    left = {path.name for folder in (demo.landing, demo.truth) for path in folder.iterdir()}
    assert left == {path.name for path in demo.summary.rows} | {"parameters.json"}

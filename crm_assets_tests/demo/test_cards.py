"""The card sample keeps its promises: planted lifestyles and silences, bills, shares, the same bytes each time; and a
month of it is made from its files by the mapping alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_assets.demo import cards, write_cards
from crm_assets.demo.card_holders import Cards, read_cards
from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop
from crm_assets_tests.demo.test_demo_writer import fingerprint

VOCABULARY = PROJECT_DIR / "data" / "reference" / "demo"
CUSTOMERS, MONTHS = 1_500, 12


@dataclass(frozen=True)
class Sample:
    """The sample read back; `paid` are the distinct payments, `monthly` won by customer and category while awake."""

    rows: pd.DataFrame
    paid: pd.DataFrame
    truth: pd.DataFrame
    incomes: pd.DataFrame
    monthly: pd.DataFrame
    cards: Cards


def read(root: Path, name: str, encoding: str = "cp949") -> pd.DataFrame:
    return pd.read_csv(root / name, encoding=encoding, dtype={"tx_no": str})


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("cards")
    write_cards(root / "landing", root / "truth", VOCABULARY, customers=CUSTOMERS)
    rows = read(root / "landing", cards.TRANSACTIONS)
    category = read(root / "landing", cards.MERCHANT_TYPES).set_index("mct_tp").category
    rows = rows.assign(category=rows.mct_tp.map(category), day=pd.to_datetime(rows.tx_dt.astype(str)))
    paid = rows.drop_duplicates().query("amt > 0")
    truth = read(root / "truth", "customers.csv", "utf-8").set_index("cust")
    truth["dormant_from"] = pd.to_datetime(truth.dormant_from)
    awake = truth.index[truth.dormant_from.isna()]
    second_half = paid[(paid.day >= "2021-07-01") & paid.cust.isin(awake)]
    first = paid.groupby("cust").day.min()
    old = second_half[second_half.cust.map(first) < "2021-06-01"]
    monthly = old.pivot_table(index="cust", columns="category", values="amt", aggfunc="sum", fill_value=0) / 6
    return Sample(rows, paid, truth, read(root / "landing", cards.INCOMES), monthly, read_cards(VOCABULARY))


def small(root: Path, seed: int = 7, customers: int = 150) -> Path:
    write_cards(root / "landing", root / "truth", VOCABULARY, customers=customers, seed=seed)
    return root


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    once, twice = fingerprint(small(tmp_path / "a")), fingerprint(small(tmp_path / "b"))
    assert once == twice and len(once) == 6
    other = fingerprint(small(tmp_path / "c", seed=8))
    assert {name for name in once if once[name] == other[name]} == {cards.MERCHANT_TYPES}


def test_a_chunk_does_not_depend_on_those_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cards, "CHUNK_CUSTOMERS", 100)
    shorter, longer = small(tmp_path / "a", customers=200), small(tmp_path / "b", customers=250)
    for name in (cards.MEMBERS, cards.TRANSACTIONS, cards.INCOMES):
        start, whole = ((root / "landing" / name).read_bytes() for root in (shorter, longer))
        assert whole.startswith(start) and len(whole) > len(start), name
    lines = read(longer / "landing", cards.TRANSACTIONS).drop_duplicates()
    assert lines.tx_no.is_unique


def test_every_lifestyle_spends_what_was_planted(sample: Sample):
    """On the whole: not all have taken a category up, some live a second lifestyle, a few use the card little."""
    found = sample.monthly.groupby(sample.truth.lifestyle.reindex(sample.monthly.index))
    mean, population = found.mean(), sample.monthly.mean()
    assert set(mean.index) == set(sample.cards.lifestyles) and len(mean) == 14
    for name, lifestyle in sample.cards.lifestyles.items():
        for category, won in lifestyle["months"].items():
            if won >= 50_000 and len(found.groups[name]) >= 30:
                lift = mean.loc[name, category] / population[category]
                assert 0.6 * won < mean.loc[name, category] < 1.5 * won + 60_000, (name, category)
                assert lift > 1.25, (name, category, lift)


def test_lifestyles_overlap_and_are_no_boxes(sample: Sample):
    """Someone of every frequent lifestyle spends more on another's first category than on the own."""
    own = sample.truth.lifestyle.reindex(sample.monthly.index)
    shares = sample.monthly.div(sample.monthly.sum(axis=1), axis=0)
    for name in ("thumb_shopper", "gourmet_life", "life_master", "cherry_picker"):
        months = sample.cards.lifestyles[name]["months"]
        share = shares.loc[own == name, max(months, key=months.get)]
        assert share.quantile(0.95) > 0.4 and share.quantile(0.02) < 0.2, name


def test_shares_of_lifestyles_are_those_planted(sample: Sample):
    share = sample.truth.lifestyle.value_counts(normalize=True)
    planted = {name: lifestyle["share"] for name, lifestyle in sample.cards.lifestyles.items()}
    assert (share - pd.Series(planted)).abs().max() < 0.002


def test_the_dormant_slow_down_and_are_silent_after_their_day(sample: Sample):
    silent = sample.truth.dormant_from.dropna()
    assert 0.14 < len(silent) / CUSTOMERS < 0.24
    rows = sample.rows[sample.rows.cust.isin(silent.index)]
    ahead = (rows.cust.map(silent) - rows.day).dt.days
    assert ahead.min() >= 1, "not even a cancellation"
    paid = sample.paid[sample.paid.cust.isin(silent.index)]
    ahead = (paid.cust.map(silent) - paid.day).dt.days
    late, before = ((ahead <= 15).sum(), ahead.between(91, 105).sum())
    assert late < 0.55 * before


def test_the_others_keep_their_rhythm_to_the_end(sample: Sample):
    last = sample.paid.groupby("cust").day.max()
    awake = sample.truth.index[sample.truth.dormant_from.isna()]
    assert (last.reindex(awake) >= "2021-12-01").mean() > 0.95


def test_newcomers_join_through_the_year(sample: Sample):
    first = sample.paid.groupby("cust").day.min()
    joined = (first >= "2021-03-01").mean()
    assert 0.08 < joined < 0.16
    assert (first >= "2021-10-01").mean() > 0.01


def test_bills_come_on_their_day_to_their_payee(sample: Sample):
    bills = sample.paid[sample.paid.auto == "Y"]
    wanted = {name for name, category in sample.cards.categories.items() if category.get("auto")}
    assert set(bills.category) == wanted and (bills.present == "N").all()
    contract = bills.groupby(["cust", "category", "mct", bills.day.dt.day])
    long = contract.filter(lambda rows: rows.day.dt.month.nunique() == MONTHS == len(rows))
    assert len(long) > 0.6 * len(bills)
    spread = long.groupby(["cust", "category", "mct", long.day.dt.day]).amt.agg(["std", "mean"])
    assert (spread["std"] / spread["mean"]).quantile(0.9) < 0.03


def test_the_card_is_in_hand_where_one_is(sample: Sample):
    present = (sample.paid.present == "Y").groupby(sample.paid.category).mean()
    planted = pd.Series({name: category["present"] for name, category in sample.cards.categories.items()})
    assert (present - planted).abs().max() < 0.06
    assert present[["온라인쇼핑", "구독", "통신"]].max() < 0.1


def test_benefits_duplicates_returns_and_how_many_payments(sample: Sample):
    rows, paid = sample.rows, sample.paid
    assert 0.007 < rows.duplicated().mean() < 0.013
    distinct = rows.drop_duplicates()
    assert 0.006 < (distinct.amt < 0).mean() < 0.012
    assert distinct.loc[distinct.amt < 0, "benefit"].isna().all()
    given = paid.dropna(subset=["benefit"])
    assert 0.05 < len(given) / len(paid) < 0.3 and (given.benefit / given.amt).max() < 0.11
    assert len(rows) / CUSTOMERS / MONTHS < 25
    assert (paid.amt < 10_000).mean() > 0.1


def test_incomes_come_every_month_with_a_little_noise(sample: Sample):
    incomes = sample.incomes
    assert set(incomes.kind) == {"급여", "용돈", "상여"} and (incomes.amt > 0).all()
    salary = incomes[incomes.kind == "급여"].groupby("cust").amt.agg(["std", "mean", "size"])
    assert 0.9 < len(salary) / CUSTOMERS < 0.98
    assert (salary["std"] / salary["mean"]).median() < 0.03
    assert not incomes.duplicated(["cust", "in_dt", "kind"]).any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("share: 0.13", "share: 0.14"), "must be 1 together"),
        (("{통신: 250000, 유선방송: 25000}", "{통신비: 250000}"), "phone_bills spends in 통신비"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(tmp_path: Path, change: tuple[str, str], said: str):
    text = (VOCABULARY / "cards.yaml").read_text(encoding="utf-8")
    (tmp_path / "cards.yaml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"regions\.yaml is missing"):
        read_cards(tmp_path)
    (tmp_path / "regions.yaml").write_bytes((VOCABULARY / "regions.yaml").read_bytes())
    with pytest.raises(ValueError, match=said):
        read_cards(tmp_path)


def test_a_month_is_made_from_its_files_by_the_mapping_alone(tmp_path: Path):
    shop = Shop(tmp_path, {"CRM_SOURCE": "card"})
    assert "300 customers" in shop.crm("demo", "--sample", "card", "--customers", "300")
    shop.crm("refresh", "--months", "2021-03", "--select", "raw_transactions,receipts")
    written = read(shop.landing, cards.TRANSACTIONS)
    ledger = shop.frame("select * from landed_files").set_index("file_name")
    assert ledger["quarantined"].sum() == 0 and len(ledger) == 4
    assert ledger.loc[cards.TRANSACTIONS, "duplicates"] == written.duplicated().sum() > 0
    mine = written.drop_duplicates().query("tx_dt // 100 == 202103")
    lines, bills = shop.frame("from raw_transactions"), shop.frame("from receipts")
    assert len(lines) == len(mine) and lines.amount.sum() == mine.amt.sum()
    assert set(lines.record_type) == {"product", "return"} and len(bills) == (mine.amt > 0).sum()
    told = shop.frame("from event_attributes")
    counts = told.groupby(["name", "value"]).size()
    for name, column in (("card_present", "present"), ("recurring", "auto")):
        assert counts[name].to_dict() == mine[column].map({"Y": "yes", "N": "no"}).value_counts().to_dict()
    benefit = told[told.name == "benefit"].value.astype(float)
    assert len(benefit) == mine.benefit.notna().sum() and np.isclose(benefit.sum(), mine.benefit.sum())
    assert told.merge(lines, on=["customer_id", "receipt_id", "record_type", "line_no"]).shape[0] == len(told)
    assert shop.value("select count(distinct category_major) from products") == 30
    assert set(shop.frame("from customers").gender) == {"female", "male"}
    assert shop.value("select count(*) from incomes") == ledger.loc[cards.INCOMES, "rows"]


def test_a_sample_that_is_not_the_sources_is_refused_with_a_remedy(tmp_path: Path):
    shop = Shop(tmp_path)
    assert "Set CRM_SOURCE=card" in shop.crm("demo", "--sample", "card", ok=False)
    assert "--sample card" in shop.crm("demo", ok=False, CRM_SOURCE="card")

"""Offers: the arithmetic by hand and by exact decimals; caps, fees, who is meant, ties, customers without spend."""

from __future__ import annotations

import random
import shutil
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.lifestyle.offer_matches import offer_matches
from crm_assets.defs.lifestyle.offers import offers
from crm_assets.lifestyle.spend import months_known
from crm_assets.months import Snapshot
from crm_assets.offers import benefit_rows, read_catalogue
from crm_assets.reference_files import CatalogueError
from crm_assets.settings import PROJECT_DIR
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import insert
from crm_assets_tests.rows import row

MONTH = "2021-03-01"
OF_MONTH = {"month": "2021-03-01", "as_of": "2021-03-31"}
FOUR = Decimal("0.0001")


def offer(name: str, benefits: list[dict[str, object]], **given: object) -> dict[str, object]:
    texts = {"ko": name, "en": name}
    return {"id": name, "title": texts, "description": texts, "benefits": benefits, **given}


class Bench:
    """A reference folder with a catalogue, and a warehouse with what customers spent in three months."""

    def __init__(self, folder: Path) -> None:
        self.reference, self.store = folder / "reference", Warehouse(folder / "data" / "warehouse.duckdb")
        shutil.copytree(PROJECT_DIR / "data" / "reference", self.reference)
        source = (self.reference / "sources" / "card.yaml").read_text(encoding="utf-8")
        (self.reference / "sources" / "shop.yaml").write_text(source.replace("offers: card", "offers: ours"))
        self.catalogue(offer("nothing", [{"categories": ["nothing"], "rate": 1}]))
        with self.store.session() as session:
            session.ensure_tables()

    @property
    def settings(self) -> dict[str, object]:
        return {"source": "shop", "reference_dir": str(self.reference), "data_dir": str(self.reference.parent / "data")}

    def catalogue(self, *given: dict[str, object]) -> None:
        text = yaml.safe_dump({"offers": list(given)}, allow_unicode=True)
        (self.reference / "offers" / "ours.yaml").write_text(text, encoding="utf-8")

    def spends(
        self, customer: str, lifestyle: str = "L1", grade: str = "HHH", age: str = "30대", **amounts: object
    ) -> None:
        """A customer with (amount, receipts) of three months by category, or the amount alone."""
        with self.store.session() as session:
            pairs = {c: v if isinstance(v, tuple) else (v, 3) for c, v in amounts.items()}
            rows = [
                OF_MONTH
                | {"customer_id": customer, "category": c, "amount": Decimal(str(a)), "receipts": n, "share": 1.0}
                for c, (a, n) in pairs.items()
            ]
            insert(session, "category_spend", rows)
            told = OF_MONTH | {"customer_id": customer}
            insert(session, "lifestyle_assignments", [told | {"lifestyle_id": lifestyle, "lifestyle_name": "x",
                                                              "distance": 0.1}])  # fmt: skip
            insert(session, "rfm_scores", [told | {"rfm_grade": grade}])
            insert(session, "customers", [row(CONTRACTS["customers"], customer_id=customer, age_band=age)])

    def match(self, **settings: object):
        list(results(offers, self.store, MONTH, **self.settings))
        return made(offer_matches, self.store, MONTH, **self.settings, **settings)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.store.session() as session:
            return session.rows(sql)


@pytest.fixture
def bench(tmp_path, monkeypatch) -> Bench:
    found = Bench(tmp_path)
    for module in ("crm_assets.defs.table",):  # which months are read was declared for the source of the load
        monkeypatch.setattr(f"{module}._require_those_of_the_load", lambda settings: None)
    return found


def net(matches) -> dict[tuple[str, str], tuple[float, float, float, float]]:
    columns = ["gross_benefit", "capped_benefit", "monthly_fee", "net_benefit"]
    return {(r["customer_id"], r["offer_id"]): tuple(r[c] for c in columns) for r in matches.to_dict("records")}


# monthly spend, offer → gross, after the offer's cap, fee, net. Spend of three months is three times as much.
HAND_MADE = {
    "under both caps": ({"fuel": 100, "food": 50}, {}, (15, 15, 0, 15)),
    "a benefit's cap": ({"fuel": 400, "food": 50}, {}, (25, 25, 0, 25)),
    "the offer's cap": ({"fuel": 400, "food": 50}, {"monthly_cap": 22}, (25, 22, 0, 22)),
    "a fee": ({"fuel": 100, "food": 50}, {"annual_fee": 60}, (15, 15, 5, 10)),
    "a fee that does not divide": ({"fuel": 100, "food": 50}, {"annual_fee": 50}, (15, 15, 4.1667, 10.8333)),
    "the minimum just reached": ({"fuel": 100, "food": 50}, {"minimum_spend": 150}, (15, 15, 0, 15)),
    "the minimum missed": ({"fuel": 100, "food": 50}, {"minimum_spend": 150.01}, None),
    "a fee as large as the benefit": ({"fuel": 100, "food": 50}, {"annual_fee": 180}, None),
    "other categories count for the minimum": (
        {"fuel": 100, "food": 0.01, "other": 60}, {"minimum_spend": 160}, (10.001, 10.001, 0, 10.001),
    ),
    "no spend in its categories": ({"other": 500}, {}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", HAND_MADE)
def test_the_hand_made_table(bench: Bench, case: str):
    spend, given, expected = HAND_MADE[case]
    benefits = [{"categories": ["fuel"], "rate": 0.1, "cap": 20}, {"categories": ["food"], "rate": 0.1}]
    bench.catalogue(offer("ours", benefits, **given))
    bench.spends("c", **{name: 3 * Decimal(str(v)) for name, v in spend.items()})
    assert net(bench.match()).get(("c", "ours")) == (expected and pytest.approx(expected, abs=1e-9))


def test_categories_of_a_benefit_share_its_cap_and_the_sum_is_worked_out(bench: Bench):
    bench.catalogue(
        offer("ours", [{"categories": ["bus", "train"], "rate": 0.1, "cap": 12},
                       {"categories": ["cafe"], "rate": 0.01, "per_receipt": 2, "cap": 30}]),
    )  # fmt: skip
    bench.spends("c", bus=(300, 6), train=(150, 3), cafe=(90, 10))
    assert net(bench.match())["c", "ours"] == pytest.approx((18.9666, 18.9666, 0, 18.9666), abs=1e-9)
    parts = bench.rows(
        """select part, category, monthly_spend, monthly_receipts, rate, per_receipt, before_cap, cap, after_cap
        from offer_match_parts order by part"""
    )
    D = Decimal
    assert parts == [
        (1, "bus +1", D("150"), D("3"), D("0.1"), 0, D("15"), 12, 12),
        (2, "cafe", D("30"), D("3.3333"), D("0.01"), 2, D("6.9666"), 30, D("6.9666")),
    ]


def test_the_best_offers_come_first_and_ties_go_by_id(bench: Bench):
    half = [{"categories": ["food"], "rate": 0.1}]
    bench.catalogue(
        offer("b_same", half), offer("a_same", half), offer("best", [{"categories": ["food"], "rate": 0.2}]),
        offer("worse", [{"categories": ["food"], "rate": 0.05}]),
    )  # fmt: skip
    bench.spends("c", food=300)
    assert bench.match()["offer_id"].tolist() == ["best", "a_same", "b_same"]
    assert bench.match(offers_per_customer=4)["offer_id"].tolist() == ["best", "a_same", "b_same", "worse"]


def test_who_is_meant(bench: Bench):
    food = [{"categories": ["food"], "rate": 0.1}]
    bench.catalogue(
        offer("all", food),
        offer("thirties", food, target={"age_band": ["30대", "40대"]}),
        offer("both", food, target={"age_band": ["30대"], "rfm_grade": ["HHH", "HHL"]}),
        offer("drinkers", food, target={"spend": {"wine": 10, "beer": 1}}),
        offer("cranes", food, target={"lifestyle": ["crane"]}),
    )
    bench.spends("young", food=300, age="20대", grade="HHL", lifestyle="crane")
    bench.spends("forty", food=300, age="40대", wine="29.99", beer=30)
    bench.spends("thirty", food=300, wine=30, beer=3)
    bench.spends("thirty, low", food=300, grade="LLL", wine=30)
    matches = bench.match(offers_per_customer=9)
    found = matches.groupby("customer_id")["offer_id"].agg(set).to_dict()
    assert found == {
        "young": {"all", "cranes"},
        "forty": {"all", "thirties"},
        "thirty": {"all", "thirties", "both", "drinkers"},
        "thirty, low": {"all", "thirties"},
    }


def test_how_a_customer_pays_can_be_what_is_meant(bench: Bench):
    food = [{"categories": ["food"], "rate": 0.1}]
    bench.catalogue(
        offer("thumbs", food, target={"habits": {"not_present": 0.4}}),
        offer("both", food, target={"habits": {"not_present": 0.4, "low_value": 0.3}, "age_band": ["30대"]}),
    )
    shares = {"just": (0.4, 0.3), "few": (0.39, 1.0), "unknown": (None, 1.0), "large": (1.0, 0.2)}
    for customer, (not_present, low_value) in shares.items():
        bench.spends(customer, food=300)
        habits = {"not_present_share": not_present, "low_value_share": low_value}
        with bench.store.session() as session:
            insert(session, "payment_habits", [OF_MONTH | {"customer_id": customer} | habits])
    found = bench.match().groupby("customer_id")["offer_id"].agg(set).to_dict()
    assert found == {"just": {"thumbs", "both"}, "large": {"thumbs"}}


def test_a_lifestyle_is_offered_what_brings_its_customers_most(bench: Bench):
    bench.catalogue(
        offer("small_for_all", [{"categories": ["food"], "rate": 0.1}]),
        offer("large_for_few", [{"categories": ["wine"], "rate": 1}]),
        offer("costs", [{"categories": ["food"], "rate": 0.1}], annual_fee=1_000),
    )
    bench.spends("a", "L1", food=300)
    bench.spends("b", "L1", food=300, wine=45)
    bench.spends("c", "L2", food=30)
    bench.match()
    assert bench.rows("select lifestyle_id, rank, offer_id, customers, share, mean_benefit from lifestyle_offers "
                      "order by lifestyle_id, rank") == [
        ("L1", 1, "small_for_all", 2, 1.0, 10),
        ("L1", 2, "large_for_few", 1, 0.5, Decimal("7.5")),
        ("L2", 1, "small_for_all", 1, 1.0, 1),
    ]  # fmt: skip


def test_months_before_history_are_not_counted(bench: Bench):
    """The card sample's history begins in January: in February two months are known."""
    bench.catalogue(offer("ours", [{"categories": ["food"], "rate": 0.1}]))
    with bench.store.session() as session:
        told = {"month": "2021-02-01", "as_of": "2021-02-28", "customer_id": "c"}
        insert(session, "category_spend", [told | {"category": "food", "amount": 100, "receipts": 2, "share": 1.0}])
    list(results(offers, bench.store, "2021-02-01", **bench.settings))
    assert made(offer_matches, bench.store, "2021-02-01", **bench.settings)["net_benefit"].tolist() == [5]


@pytest.mark.parametrize(
    ("start", "months", "known"),
    [
        ("2020-01-01", 3, 3),
        ("2021-01-01", 3, 3),
        ("2021-02-01", 3, 2),
        ("2021-01-16", 3, 2 + 16 / 31),  # of January 16 of 31 days
        ("2021-03-31", 3, 1 / 31),
        ("2021-03-15", 1, 17 / 31),
    ],
)
def test_a_month_that_history_begins_within_counts_by_its_days(start: str, months: int, known: float):
    snapshot = Snapshot(date(2021, 3, 1), date.fromisoformat(start), 12)
    assert months_known(snapshot, months) == pytest.approx(known)


def test_a_source_without_offers_and_a_month_without_spend_match_nobody(bench: Bench):
    bench.catalogue(offer("ours", [{"categories": ["food"], "rate": 0.1}]))
    assert bench.match().empty
    source = bench.reference / "sources" / "shop.yaml"
    source.write_text(source.read_text(encoding="utf-8").replace("offers: ours\n", ""), encoding="utf-8")
    bench.spends("c", food=300)
    assert bench.match().empty and bench.rows("select count(*) from offers") == [(0,)]


def test_a_category_that_nobody_knows_is_told(bench: Bench):
    bench.catalogue(offer("ours", [{"categories": ["food", "fodo", "wine"], "rate": 0.1}]))
    bench.spends("c", food=300)
    with bench.store.session() as session:  # nobody bought any yet, but the shop sells it
        insert(session, "products", [{"product_id": "P1", "name": "Merlot", "category_major": "wine"}])
    checks = {c.check_name: c for c in list(results(offers, bench.store, MONTH, **bench.settings))[:-1]}
    assert not checks["categories_known"].passed
    assert checks["categories_known"].metadata["unknown categories"].value == "fodo"


def test_a_target_that_nobody_meets_by_its_words_is_told(bench: Bench):
    target = {"age_band": ["30대", "thirty"], "lifestyle": ["crane"], "spend": {"wien": 1}}
    bench.catalogue(offer("ours", [{"categories": ["food"], "rate": 0.1}], target=target))
    bench.spends("c", food=300)
    check, *_ = results(offers, bench.store, MONTH, **bench.settings)
    assert check.metadata["unknown categories"].value == "wien"
    check, *_ = results(offer_matches, bench.store, MONTH, **bench.settings)
    assert not check.passed and check.metadata["values of nobody"].value == "age_band: thirty, lifestyle: crane"


def test_halves_go_up_where_floating_point_has_them_below(bench: Bench):
    bench.catalogue(offer("ours", [{"categories": ["food"], "rate": 1}], annual_fee="0.0006"))
    bench.spends("c", food="700523.2183")
    bench.match(lifestyle_months=2)
    assert bench.rows("select monthly_spend, gross_benefit, monthly_fee, net_benefit from offer_matches") == [
        (Decimal("350261.6092"), Decimal("350261.6092"), Decimal("0.0001"), Decimal("350261.6091"))
    ]


@pytest.mark.parametrize("months", [3, 2])
def test_random_shops_equal_exact_decimals(bench: Bench, months: int):
    """Halved amounts end in an exact half every other time."""
    draw = random.Random(5)
    categories = [f"k{i}" for i in range(8)]
    given = []
    for i in range(12):
        mine = draw.sample(categories, draw.randint(1, 5))
        cut = draw.randint(1, len(mine))
        benefits = [
            {"categories": part, "rate": draw.choice([0.013, 0.07, 0.5]), "per_receipt": draw.choice([0, 1.25]),
             **({"cap": draw.choice([0.5, 7, 40])} if draw.random() < 0.6 else {})}
            for part in (mine[:cut], mine[cut:]) if part
        ]  # fmt: skip
        more = {"annual_fee": draw.choice([0, 10, 77]), "minimum_spend": draw.choice([0, 50, 120.5])}
        given.append(offer(f"o{i:02}", benefits, **more, **({"monthly_cap": 25} if draw.random() < 0.5 else {})))
    bench.catalogue(*given)
    shop = {
        f"c{i:02}": {
            c: (Decimal(draw.randint(1, 9_000_000)) / 10_000, draw.randint(1, 9)) for c in draw.sample(categories, 4)
        }
        for i in range(40)
    }
    for customer, amounts in shop.items():
        bench.spends(customer, **amounts)
    matches = bench.match(offers_per_customer=20, lifestyle_months=months)
    stored = bench.rows("select customer_id, offer_id, net_benefit from offer_matches order by customer_id, rank")
    expected = [
        (customer, name, value)
        for customer, amounts in sorted(shop.items())
        for value, name in sorted(
            ((exact(o, amounts, months), o["id"]) for o in given), key=lambda one: (-(one[0] or 0), one[1])
        )
        if value is not None and value > 0
    ]
    assert len(expected) > 200 and len(matches) == len(expected)
    assert stored == expected


def exact(given: dict[str, object], amounts: dict[str, tuple[Decimal, int]], months: int) -> Decimal | None:
    """The net benefit by Python's decimals, each part rounded half up to four places."""

    def four(value: Decimal) -> Decimal:
        return value.quantize(FOUR, ROUND_HALF_UP)

    monthly = {c: (four(a / months), four(Decimal(n) / months)) for c, (a, n) in amounts.items()}
    if four(sum(a for a, _ in amounts.values()) / months) < Decimal(str(given["minimum_spend"])):
        return None
    total = Decimal(0)
    for benefit in given["benefits"]:
        spent = sum((monthly[c][0] for c in benefit["categories"] if c in monthly), Decimal(0))
        times = sum((monthly[c][1] for c in benefit["categories"] if c in monthly), Decimal(0))
        worth = four(spent * Decimal(str(benefit["rate"]))) + four(times * Decimal(str(benefit["per_receipt"])))
        total += min(worth, Decimal(str(benefit.get("cap", worth))))
    fee = four(Decimal(str(given["annual_fee"])) / 12)
    return min(total, Decimal(str(given.get("monthly_cap", total)))) - fee


# The catalogue's file


@pytest.mark.parametrize("name", ["card", "lpoint"])
def test_the_catalogues_that_ship_are_whole(name: str):
    catalogue = read_catalogue(PROJECT_DIR / "data" / "reference" / "offers" / f"{name}.yaml")
    combinations = {
        frozenset((r["category"], r["rate"], r["per_receipt"]) for r in benefit_rows((one,))) for one in catalogue
    }
    assert len(combinations) == len(catalogue) == {"card": 23, "lpoint": 8}[name]


def with_benefit(benefit: str, more: str = "", title: str = "{ko: a, en: a}") -> str:
    return f"offers: [{{id: a, title: {title}, description: {{ko: a, en: a}}, benefits: [{benefit}]{more}}}]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("offers: []", "at least 1 item"),
        ("offers: [{id: x}]", "title"),
        ("a: [", "expected"),
        ("- a", "mapping"),
        (with_benefit("{categories: [k], rate: 1}", title="{ko: a}"), "ko and en"),
        (with_benefit("{categories: [k]}"), "needs a rate"),
        (with_benefit("{categories: [k], rate: 5}"), "less than or equal to 1"),
        (with_benefit("{categories: [k, k], rate: 1}"), "stands in two benefits"),
        (with_benefit("{categories: [k], rate: 1}", ", target: {shoe: [a]}"), "target names shoe"),
        (with_benefit("{categories: [k], rate: 1}", ", target: {shoe: [42]}"), "a.target: target names shoe; it can"),
        (with_benefit("{categories: [k], rate: 1}", ", target: {spend: [a]}"), "spend is"),
        (with_benefit("{categories: [k], rate: 1}", ", target: {region: [a, a]}"), "value twice"),
        (with_benefit("{categories: [k], rate: 1}", ", target: {region: []}"), "names nothing"),
        (with_benefit("{categories: [k], rate: 1}", ", target: {habits: {online: 1}}"), "can name not_present"),
        (with_benefit("{categories: [k], rate: 1}", ", target: {habits: {low_value: 40}}"), "from 0 to 1"),
    ],
)
def test_a_catalogue_that_is_not_whole_is_refused_by_its_name(tmp_path, text: str, told: str):
    path = tmp_path / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=told) as refused:
        read_catalogue(path)
    assert str(path) in str(refused.value)


def test_a_fault_is_named_by_its_offer_and_once(tmp_path):
    path = tmp_path / "ours.yaml"
    path.write_text(with_benefit("{categories: [k], rate: 5}"), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(path)
    told = "offers.a.benefits.0.rate: Input should be less than or equal to 1"
    assert str(refused.value) == f"{path} cannot be used: {told}. Mend it there."


def test_a_catalogue_that_is_not_there_names_those_that_are(tmp_path):
    (tmp_path / "card.yaml").write_text("offers: []")
    with pytest.raises(CatalogueError, match="there are: card"):
        read_catalogue(tmp_path / "crad.yaml")

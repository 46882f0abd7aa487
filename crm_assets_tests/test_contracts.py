"""Contracts: the gate in the engine and the gate in pandas say the same; every column is described."""

from __future__ import annotations

import re

import pandas as pd
import pandera.pandas as pa
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import (
    MonthlyTable,
    SnapshotTable,
    Table,
    column,
    columns,
    is_monthly,
    key,
    rules,
    table_name,
)
from crm_assets.contracts.feature_sets import SETS, described, model_columns
from crm_assets.contracts.model_column import BANNED_WORDS, FLAGS
from crm_assets.contracts.model_metrics import PROTOCOLS, own_rows
from crm_assets.warehouse import Session, Warehouse, WarehouseError
from crm_assets_tests.rows import frame_of, row


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_a_contract_says_what_its_table_is(name: str):
    contract = CONTRACTS[name]
    names = [c.name for c in columns(contract)]
    assert contract.__doc__, name
    assert key(contract) and set(key(contract)) <= set(names), f"{name} has no key of its columns"
    assert all(c.description and c.sql_type for c in columns(contract))
    assert is_monthly(contract) == ("month" in names and name != "calendar")
    assert not is_monthly(contract) or names[0] == key(contract)[0] == "month"
    assert issubclass(contract, SnapshotTable) == (names[:2] == ["month", "as_of"])
    assert list(rules(contract))


def test_the_bases_of_contracts_are_no_tables():
    assert not {table_name(base) for base in (Table, MonthlyTable, SnapshotTable)} & CONTRACTS.keys()


def test_the_key_beside_the_base_is_panderas_unique():
    class Members(SnapshotTable, key=["month", "customer_id"]):
        customer_id: str = column("VARCHAR", "a customer")

    class CardHolders(Members):
        card_id: str = column("VARCHAR", "a card")

    assert key(Members) == key(CardHolders) == Members.to_schema().unique == ["month", "customer_id"]
    assert [c.name for c in columns(CardHolders)] == ["month", "as_of", "customer_id", "card_id"]
    assert [model.to_schema().name for model in (Members, CardHolders)] == ["Members", "CardHolders"]
    assert key(SnapshotTable) == []


def receipt(number: int, **given: object) -> dict[str, object]:
    """A receipt of a contract that holds; what is not given is ordinary."""
    ordinary = {
        "month": "2021-01-01",
        "customer_id": f"c{number}",
        "receipt_id": str(number),
        "purchased_at": "2021-01-03 10:00",
        "purchase_date": "2021-01-03",
        "purchase_hour": 10,
        "record_type": "product",
        "receipt_type": "number",
        "lines": number,
        "amount": 10.0 * number,
    }
    return row(CONTRACTS["receipts"], **ordinary | given)


RECEIPTS = frame_of(
    CONTRACTS["receipts"],
    [
        receipt(1, channel="offline", partner_id="A01", quantity=1),
        receipt(2, channel="online", record_type="service"),
        receipt(3, quantity=2),
    ],
)


def in_pandas(contract: type[Table], frame: pd.DataFrame) -> set[tuple[str, str]]:
    """Pandera's own verdict: column and rule of what is broken."""
    try:
        contract.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return {(str(c), str(r).split("(")[0]) for c, r in errors.failure_cases[["column", "check"]].to_numpy()}
    return set()


@pytest.mark.parametrize(
    ("column", "values", "rule"),
    [
        (None, None, None),
        ("customer_id", ["c1", None, "c3"], "not_nullable"),
        ("purchase_hour", [10, 24, 10], "less_than_or_equal_to"),
        ("purchase_hour", [-1, 10, 10], "greater_than_or_equal_to"),
        ("record_type", ["product", "gift", "product"], "isin"),
        ("lines", [1, 0, 3], "greater_than_or_equal_to"),
        ("receipt_id", ["1", "1", "3"], None),
    ],
)
def test_the_engine_gives_panderas_own_verdict(session: Session, column, values, rule):
    frame = RECEIPTS if column is None else RECEIPTS.assign(**{column: values})
    contract = CONTRACTS["receipts"]
    if column == "receipt_id":
        frame, rule, column = frame.assign(customer_id="a", record_type="product"), "unique", ", ".join(key(contract))
    in_engine = session.violations(contract, session.stage_frame(contract, frame))
    if rule is None:
        assert in_engine == []
        assert in_pandas(contract, frame) == set()
        return
    assert [(v.column, v.rule) for v in in_engine] == [(column, rule)]
    if rule == "unique":
        assert in_pandas(contract, frame) == {(k, "multiple_fields_uniqueness") for k in key(contract)}
    else:
        assert in_pandas(contract, frame) == {(column, rule)}
    assert in_engine[0].examples


class Visits(Table, key=["customer_id"]):
    """DOUBLE columns of each kind."""

    customer_id: str = column("VARCHAR", "a customer")
    interval_days: float = column("DOUBLE", "must be known")
    margin: float = column("DOUBLE", "may be unknown", nullable=True)
    share: float = column("DOUBLE", "may be unknown, within bounds", nullable=True, ge=0, le=1)


DOUBLES = ("interval_days", "margin", "share")
ABOVE, BELOW = ("share", "less_than_or_equal_to"), ("share", "greater_than_or_equal_to")


@pytest.mark.parametrize(
    ("value", "by_the_bounds", "by_pandera"),
    [
        ("nan", [ABOVE], {("interval_days", "not_nullable")}),
        ("inf", [ABOVE], {ABOVE}),
        ("-inf", [BELOW], {BELOW}),
    ],
)
def test_nan_and_infinity_are_refused_where_pandera_lets_them_pass(session: Session, value, by_the_bounds, by_pandera):
    """Pandera takes NaN for a null, since a frame cannot tell them apart, and infinity for a number."""
    rows = f"(values ('a', 0.5), ('b', cast('{value}' as double))) as v(customer_id, x)"
    staged = session.stage(Visits, f"select customer_id, x as interval_days, x as margin, x as share from {rows}")
    found = session.violations(Visits, staged)
    assert [(v.column, v.rule) for v in found] == [*((c, "finite") for c in DOUBLES), *by_the_bounds]
    assert {(v.rows, v.examples) for v in found} == {(1, (f"{value} at b",))}
    assert in_pandas(Visits, session.frame(f"select * from {staged}")) == by_pandera


def test_a_frames_nan_is_a_null_which_only_nullable_judges(session: Session):
    unknown = dict.fromkeys(DOUBLES, float("nan"))
    staged = session.stage_frame(Visits, pd.DataFrame([{"customer_id": "a", **unknown}]))
    assert [(v.column, v.rule) for v in session.violations(Visits, staged)] == [("interval_days", "not_nullable")]


def test_sound_rows_are_read_once_for_all_rules_and_once_for_the_key(session: Session, monkeypatch):
    asked, rows = [], session.rows
    monkeypatch.setattr(session, "rows", lambda sql: asked.append(sql) or rows(sql))
    for name, contract in CONTRACTS.items():
        assert session.violations(contract, name) == []
    assert len(asked) == 2 * len(CONTRACTS)


def test_a_failure_shows_ten_examples_at_most(session: Session):
    contract = CONTRACTS["customers"]
    frame = pd.DataFrame({"customer_id": [f"c{i:03}" for i in range(100)], "gender": "?", "age_band": "", "region": ""})
    (found,) = session.violations(contract, session.stage_frame(contract, frame))
    assert (found.rows, len(found.examples)) == (100, 10)


def test_a_violation_names_its_table(session: Session):
    """An asset that writes two tables told a fault of the second as one of the first."""
    twice, found = pd.DataFrame({"customer_id": ["a", "a"]}), []
    for contract in (CONTRACTS["customers"], Visits):
        rows = twice.reindex(columns=[c.name for c in columns(contract)])
        found += session.violations(contract, session.stage_frame(contract, rows))
    assert [str(v) for v in found] == [
        "customers.customer_id breaks unique in 1 rows, for instance a",
        "visits.interval_days breaks not_nullable in 2 rows, for instance None at a; None at a",
        "visits.customer_id breaks unique in 1 rows, for instance a",
    ]


SEED = {  # the table of SPEC 5: column, flags
    "receipt_id_length_mean": "P", "receipt_id_length_max": "", "receipt_type_mode": "P", "purchase_month_mode": "P D",
    "purchase_month_mean": "P D", "purchase_season_mode": "P D", "purchase_day_mean": "P", "weekday_mode": "P",
    "weekday_max": "", "weekend_preference": "P", "purchase_year_mode": "P D", "purchase_hour_mean": "P",
    "purchase_hour_mode": "P", "daypart_mode": "P", "work_hours_mode": "P", "receipt_amount_max": "",
    "receipt_amount_min": "", "quantity_mean": "P", "quantity_max": "", "quantity_min": "", "channel_use": "",
    "channel_mode": "P", "partner_type_mode": "P", "partner_mode": "P", "receipt_amount_mean": "P",
    "unit_amount_mean": "P", "new_cases_mean": "P D", "new_deaths_mean": "P D", "wallet_user": "", "gender": "P",
    "age_band": "P",
}  # fmt: skip


def test_the_seeds_columns_are_the_thirty_one_with_their_flags():
    assert len(SEED) == 31
    assert {c.name: " ".join(c.metadata["flags"]) for c in described(SETS["seed"])} == SEED
    assert model_columns() == list(SEED)


def test_every_model_column_is_named_flagged_and_no_total():
    found = [c for contract in SETS.values() for c in described(contract)]
    assert len({c.name for c in found}) == len({c.metadata["korean"] for c in found}) == len(found)
    for c in found:
        assert re.search("[가-힣]", c.metadata["korean"]), c.name
        assert set(c.metadata["flags"]) <= set(FLAGS), c.name
        assert c.nullable and not set(c.name.split("_")) & set(BANNED_WORDS), c.name


def test_the_first_purchases_columns_have_units_and_one_is_a_proxy_of_the_date():
    found = described(SETS["first_purchase"])
    assert len(found) == 16
    units = {"days": "days_between_(mean|first|last)", "share": ".*_share.*", "log ratio": ".*(level|trend).*"}
    for c in found:
        named = [unit for unit, names in units.items() if re.fullmatch(names, c.name)]
        assert [c.unit] == (named or [None]) and bool(named) == (c.sql_type != "VARCHAR"), c.name
    without_dates = model_columns(["seed", "first_purchase"], dates=False)
    assert set(model_columns(["seed", "first_purchase"])) - set(without_dates) == {
        "new_product_share",
        *(name for name, flags in SEED.items() if "D" in flags),
    }


def test_a_total_is_refused_as_a_model_column(monkeypatch: pytest.MonkeyPatch):
    from crm_assets.contracts import feature_sets
    from crm_assets.contracts.base import Column

    total = Column("receipts_count", "BIGINT", "how many", None, True, {"model": True})
    monkeypatch.setattr(feature_sets, "columns", lambda _: (total,))
    with pytest.raises(ValueError, match=r"totals are banned.*receipts_count"):
        feature_sets.model_columns()


def test_a_table_of_another_shape_is_refused_with_the_remedy(warehouse: Warehouse):
    with warehouse.session() as session:
        session.execute("alter table customers add column surprise varchar")
    with (
        pytest.raises(WarehouseError, match=r"customers was made by another version.*surprise.*crm refresh"),
        warehouse.session(),
    ):
        pass


@pytest.mark.parametrize("rule", [{"unique": True}, {"str_length": {"max_value": 3}}, {"str_matches": "^a"}])
def test_a_rule_without_a_sql_form_is_refused_and_not_passed_over(rule):
    class Given(Table):
        name: str = column("VARCHAR", "a name", **rule)

    with pytest.raises(NotImplementedError, match="no SQL form"):
        list(rules(Given))


def test_a_check_of_the_whole_table_is_refused_too():
    class Given(Table):
        name: str = column("VARCHAR", "a name", str_length={"min_value": 1})

        @pa.dataframe_check
        def is_short(cls, frame):
            return len(frame) < 10

    with pytest.raises(NotImplementedError, match="whole tables"):
        list(rules(Given))


def test_no_protocol_of_the_metrics_has_two_writers():
    """One would delete the other's rows, or leave them there twice."""
    protocols = [protocol for written in PROTOCOLS.values() for protocol in written]
    assert len(protocols) == len(set(protocols))
    assert own_rows("rfm_groups") == "protocol in ('kruskal_wallis')"

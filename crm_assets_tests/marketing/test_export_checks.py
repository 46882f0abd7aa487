"""What stops an export: each check by hand, what history is too short for, and real months that are whole or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts.export_checks import AMOUNTS, CHECKS, RECENCY, SCORING, TYPE_SHARES
from crm_assets.defs.marketing.export_checks import export_checks as asset
from crm_assets.marketing.export_checks import export_checks
from crm_assets.months import Snapshot, last_day
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.making import results
from crm_assets_tests.prediction.feature_shop import insert

FEBRUARY, MARCH = date(2021, 2, 1), date(2021, 3, 1)
LONG, SHORT = date(2020, 12, 1), date(2021, 1, 2)
SAME = np.arange(1_000)


def put(session: Session, table: str, column: str, month: date, values: Iterable[object], **more: object) -> None:
    rows = [{"month": month, "customer_id": f"C{n}", column: value, **more} for n, value in enumerate(values)]
    insert(session, table, rows)


def shop(
    session: Session, recency: np.ndarray = SAME, amounts: np.ndarray = SAME, types: str = "ab", refit: bool = False
) -> None:
    """February as `SAME`, March as it is given; of `types` a customer has one in turn, in March."""
    for month, days, money, kinds in ((FEBRUARY, SAME, SAME, "ab"), (MARCH, recency, amounts, types)):
        put(session, "rfm_scores", "recency_days", month, [int(d) for d in days])
        fitted = month if refit else FEBRUARY
        insert(
            session, "cluster_models", [{"month": month, "as_of": last_day(month), "fitted_as_of": last_day(fitted)}]
        )
        put(session, "receipts", "amount", month, [int(a) for a in money])
        put(session, "cluster_assignments", "segment_id", month, [kinds[n % len(kinds)] for n in range(1_000)])


def drift(session: Session, *rows: tuple[str, float, bool]) -> None:
    insert(session, "scoring_drift", [
        {"month": MARCH, "name": n, "psi": p, "moved": m, "change": "10.0% → 40.0%"} for n, p, m in rows
    ])  # fmt: skip


def checked(session: Session, history_start: date = LONG, **settings: object) -> pd.DataFrame:
    found = export_checks(session, Snapshot(MARCH, history_start, 12), Settings(**settings))
    assert [row["name"] for row in found] == CHECKS
    return pd.DataFrame(found).set_index("name")


def test_months_alike_pass(session: Session) -> None:
    shop(session)
    found = checked(session)
    assert found["passed"].all() and (found.loc[[TYPE_SHARES, RECENCY, AMOUNTS], "psi"] < 1e-12).all()
    assert pd.isna(found.at[SCORING, "psi"])  # no model


@pytest.mark.parametrize(
    ("name", "harm", "what"),
    [
        (RECENCY, {"recency": SAME + 300}, "least: 20.0% → 0.0%"),
        (AMOUNTS, {"amounts": SAME * 1000}, "above 899.0: 10.0% → 99.9%"),
        (TYPE_SHARES, {"types": "aab"}, "b: 50.0% → 33.3%"),
        (TYPE_SHARES, {"types": "ac"}, "c: 0.0% → 50.0%"),
    ],
)
def test_each_check_fails_alone(session: Session, name: str, harm: dict[str, object], what: str) -> None:
    shop(session, **harm)
    found = checked(session, export_drift_psi=0.1)
    assert found.index[~found["passed"].astype(bool)].tolist() == [name]
    if what[0] != "c":
        assert found.at[name, "what"] == what
    assert checked(session, export_drift_psi=50)["passed"].all()


def test_types_that_were_fitted_anew_are_compared_with_nothing(session: Session) -> None:
    """The model has changed, not the customers; what else moved is still seen."""
    shop(session, types="cd", refit=True, recency=SAME + 300)
    found = checked(session)
    assert found.at[TYPE_SHARES, "passed"] and pd.isna(found.at[TYPE_SHARES, "psi"])
    assert not found.at[RECENCY, "passed"]


def test_the_index_is_the_definitions(session: Session) -> None:
    """PSI = Σ (q − p) ln(q / p) over fifths, half a customer added to each."""
    shop(session, recency=np.concatenate([SAME[:600], SAME[:400]]))
    counts = np.array([[200, 400], [200, 400], [200, 200], [200, 0], [200, 0]])
    p, q = ((c + 0.5) / (c.sum() + 2.5) for c in counts.T)
    assert checked(session).at[RECENCY, "psi"] == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=1e-12)


def test_equal_values_lie_in_one_bin(session: Session) -> None:
    """Half of all have bought today: the bins are fewer, and nobody moves."""
    heap = np.concatenate([np.zeros(500), np.arange(1, 501)])
    for month in (FEBRUARY, MARCH):
        put(session, "rfm_scores", "recency_days", month, [int(d) for d in heap])
    assert checked(session).at[RECENCY, "psi"] == pytest.approx(0, abs=1e-12)


def test_few_customers_are_no_alarm(session: Session) -> None:
    for month, values in ((FEBRUARY, [1, 2, 3, 4, 5]), (MARCH, [2, 3, 9, 9, 9])):
        put(session, "rfm_scores", "recency_days", month, values)
    row = checked(session).loc[RECENCY]
    assert row["psi"] > 0.25 and row["passed"]


def test_a_history_that_has_just_begun_is_compared_with_nothing(session: Session) -> None:
    shop(session, recency=SAME + 300)
    assert not checked(session).at[RECENCY, "passed"]
    assert checked(session, SHORT)["passed"].all() and checked(session, SHORT)["psi"].isna().all()
    assert not checked(session, date(2021, 1, 1)).at[RECENCY, "passed"]


def test_what_was_not_scored_stops_the_export(session: Session) -> None:
    shop(session)
    drift(session, ("gender", 3.0, False), ("partner_mode", 0.4, True))
    row = checked(session, scoring_drift_psi=0.3).loc[SCORING]
    assert (row["passed"], row["psi"], row["threshold"]) == (False, 0.4, 0.3)
    assert row["what"] == "partner_mode, 10.0% → 40.0%"


def test_a_failed_check_is_red_and_the_table_is_written(warehouse: Warehouse) -> None:
    with warehouse.session() as session:
        session.ensure_tables()
        shop(session, recency=SAME + 300)
    *checks, done = results(asset, warehouse, MARCH.isoformat())
    said = {check.check_name: check for check in checks}
    assert {name: said[name].passed for name in CHECKS} == {n: n != RECENCY for n in CHECKS}
    assert "no lists are written" in said[RECENCY].description and "CRM_EXPORT_DRIFT_PSI" in said[RECENCY].description
    assert done.metadata["dagster/row_count"] == len(CHECKS)


def test_ordinary_months_pass_and_a_delivery_that_ends_early_does_not(online_retail: Shop) -> None:
    """Online Retail's December ends on the 9th: its lists would call customers dormant who bought since."""
    found = online_retail.frame("select month, name, passed, psi from export_checks order by month, name")
    failed = found[~found["passed"]]
    print(found[found["name"] != SCORING].groupby("name")["psi"].max())
    assert failed[["month", "name"]].astype(str).to_numpy().tolist() == [["2011-12-01", RECENCY]]
    assert failed["psi"].item() > 1
    listed = online_retail.frame("select distinct month from audiences order by month")["month"]
    assert len(listed) == 12 and listed.max() < pd.Timestamp("2011-12-01")
    assert not (online_retail.data / "audiences" / "2011-12").exists()
    assert last_day(date(2011, 12, 1)) - timedelta(22) == date(2011, 12, 9)

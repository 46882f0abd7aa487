"""``alive_probabilities.sql`` by hand, and the asset with and without a model."""

from __future__ import annotations

import numpy as np
import pytest

from crm_assets.defs.retention.alive_probabilities import alive_probabilities, fitted
from crm_assets.receipts.calendar import calendar_days
from crm_assets.retention import btyd
from crm_assets.warehouse import Warehouse, read_query
from crm_assets_tests.making import made
from crm_assets_tests.prediction.feature_shop import SNAPSHOT, random_shop, warehouse
from crm_assets_tests.retention.dormancy_shop import START, add, on

MONTH = "2021-03-01"


def test_what_is_seen_of_a_customer_by_hand():
    session = warehouse(
        on("a", "2021-01-01", "2021-01-11", "2021-03-01")
        + on("b", "2021-03-30")
        + on("c", "2021-02-01", "2021-02-01")  # two receipts of a day are one date
        + on("d", "2021-02-01", "2021-04-02")  # the second is later than as_of
    )
    found = session.rows(read_query("alive_probabilities"), **SNAPSHOT.parameters)
    assert {row[0]: row[1:] for row in found} == {"a": (2, 59, 89), "b": (0, 0, 1), "c": (0, 0, 58), "d": (0, 0, 58)}


def test_the_asset_stores_the_model_and_what_it_says(tmp_path):
    receipts, *_ = random_shop()
    store = Warehouse(tmp_path / "warehouse.duckdb")
    with store.session() as session:
        session.ensure_tables()
        add(session, "receipts", receipts)
        add_calendar(session)
    rows = made(alive_probabilities, store, MONTH)
    with store.session() as session:
        (status, r, alpha, a, b, likelihood) = session.rows(
            "select status, r, alpha, a, b, log_likelihood from btyd_models"
        )[0]
    assert status == "fitted"
    seen = [rows[n].to_numpy(dtype=float) for n in ("repeat_dates", "last_repeat_days", "age_days")]
    assert btyd.log_likelihoods(np.array([r, alpha, a, b]), *seen).sum() == pytest.approx(likelihood)
    model = btyd.MbgNbd(r, alpha, a, b, likelihood)
    np.testing.assert_allclose(rows["p_silent"], btyd.p_silent(model, *seen, 60))
    one_time = rows[rows["repeat_dates"] == 0]
    assert len(one_time) and (one_time["p_alive"] < 1).all()


def test_too_few_who_came_again_make_no_model(tmp_path):
    store = Warehouse(tmp_path / "warehouse.duckdb")
    with store.session() as session:
        session.ensure_tables()
        add(session, "receipts", on("a", "2021-01-01", "2021-02-01") + on("b", "2021-01-01"))
        add_calendar(session)
        frame = session.frame(read_query("alive_probabilities"), **SNAPSHOT.parameters)
    assert fitted(frame)[0] is None
    rows = made(alive_probabilities, store, MONTH)
    assert rows["p_alive"].isna().all() and list(rows["customer_id"]) == ["a", "b"]
    with store.session() as session:
        assert session.rows("select status, repeaters, reason from btyd_models") == [
            ("none", 1, "1 customers came again, fewer than 50: no model")
        ]


def add_calendar(session) -> None:
    session.connection.register("days", calendar_days(START))
    session.execute("insert into calendar select * from days")

"""The rows that models learn from, as read from a warehouse: whose, with which columns and labels."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_assets.contracts.base import Day, Table, column
from crm_assets.contracts.feature_sets import SETS
from crm_assets.contracts.model_column import model_column
from crm_assets.months import Snapshot
from crm_assets.prediction.labelled import labelled_rows_of, labels
from crm_assets.settings import Settings
from crm_assets.warehouse import OutOfStep

MARCH = Snapshot(date(2021, 3, 1), date(2021, 1, 1), 12)
SEED = Settings(model_features="seed")


class PriceLevels(Table):
    """A further set of model columns."""

    month: Day = column("DATE", "month")
    customer_id: str = column("VARCHAR", "customer")
    cutoff: str = column("VARCHAR", "cut")
    price_level: float = model_column("DOUBLE", "price level", "가격", "P")


@pytest.fixture
def shop(session):
    """Customers a-d of March and of another month; d is new: it has a type, but no cut row."""
    session.execute(
        """insert into feature_table by name
        select m.month, m.month + 30 as as_of, c.customer_id, k.cutoff, cast(m.month as timestamp) as cutoff_at,
            1 as receipts, ascii(c.customer_id) as receipt_amount_mean
        from (values (date '2021-02-01'), (date '2021-03-01')) m(month), (values ('a'), ('b'), ('c'), ('d'))
            c(customer_id), (values ('as_of'), ('1'), ('2'), ('3')) k(cutoff)
        where c.customer_id <> 'd' or k.cutoff = 'as_of'"""
    )
    session.execute(
        """insert into cluster_assignments by name
        select month, as_of, customer_id, case when customer_id = 'a' then 'x' else 'y' end as segment_id
        from feature_table where cutoff = 'as_of' and customer_id <> 'c' or cutoff = '1' and month < date '2021-03-01'
            and customer_id = 'c'"""
    )
    session.execute(
        """insert into customer_lifecycles by name
        select month, as_of, customer_id, case when customer_id = 'd' then 'new' else 'existing' end as lifecycle
        from feature_table where cutoff = 'as_of'"""
    )
    return session


def test_labels_are_of_the_month_and_of_existing_customers(shop):
    assert labels(shop, MARCH).to_dict() == {"a": "x", "b": "y"}
    assert labels(shop, Snapshot(date(2021, 2, 1), date(2021, 1, 1), 12)).to_dict() == {"a": "x", "b": "y", "c": "y"}


def test_types_of_customers_whose_lifecycle_is_not_known_are_refused(shop):
    shop.execute("delete from customer_lifecycles where customer_id = 'b' and month = date '2021-03-01'")
    with pytest.raises(OutOfStep, match="customer_lifecycles of 2021-03 lacks 1 customers of cluster_assignments"):
        labels(shop, MARCH)


def test_rows_are_those_of_the_customers_drawn(shop):
    everybody = labelled_rows_of(shop, MARCH, None, SEED)
    assert list(zip(everybody["customer_id"], everybody["cutoff"], everybody["label"], strict=True)) == [
        (customer, cut, label) for customer, label in (("a", "x"), ("b", "y")) for cut in ("1", "2", "3", "as_of")
    ]
    assert everybody["month"].eq("2021-03-01").all()
    drawn = labelled_rows_of(shop, MARCH, pd.Index(["b"]), SEED)
    pd.testing.assert_frame_equal(drawn, everybody[everybody["customer_id"] == "b"].reset_index(drop=True))
    with pytest.raises(KeyError, match="c"):
        labelled_rows_of(shop, MARCH, pd.Index(["a", "c"]), SEED)


def test_columns_of_a_further_set_are_joined_by_month_customer_and_cut(shop, monkeypatch):
    monkeypatch.setitem(SETS, "first_purchase", PriceLevels)
    shop.execute("create table price_levels (month date, customer_id varchar, cutoff varchar, price_level double)")
    shop.execute(
        """insert into price_levels values ('2021-03-01', 'a', '1', 0.5), ('2021-03-01', 'a', '2', 0.7),
        ('2021-02-01', 'b', '1', 9), ('2021-03-01', 'd', '1', 9)"""
    )
    rows = labelled_rows_of(shop, MARCH, None, Settings(model_features="seed+first_purchase"))
    found = rows.set_index(["customer_id", "cutoff"])["price_level"]
    assert found.dropna().to_dict() == {("a", "1"): 0.5, ("a", "2"): 0.7} and len(found) == 8
    assert "price_level" not in labelled_rows_of(shop, MARCH, None, SEED)

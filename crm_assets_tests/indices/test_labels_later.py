"""Real receipts: what a customer is called by one half year holds in the next."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.indices import engine
from crm_assets.indices.definitions import Indices
from crm_assets.months import Snapshot
from crm_assets.segmentation.naming import read_personas
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import Session, Warehouse, read_query
from crm_assets_tests.indices.index_shop import content, index, label
from crm_assets_tests.prediction.feature_shop import calendar_rows, insert

RECEIPTS = """insert into receipts by name
    select cast(date_trunc('month', min(InvoiceDate)) as date) as month, CustomerID as customer_id,
        InvoiceNo as receipt_id, min(InvoiceDate) as purchased_at, cast(min(InvoiceDate) as date) as purchase_date,
        hour(min(InvoiceDate)) as purchase_hour, 'product' as record_type, count(*) as lines, 1 as amount
    from read_parquet('{}') where CustomerID is not null and Quantity > 0 and UnitPrice > 0
    group by CustomerID, InvoiceNo"""
MORNING = index(
    "morning", "daypart:s0", ["morning"], min_events=5, window_months=6, labels=[label("more", at_least=20)]
)
NO_PERSONAS = PROJECT_DIR / "data" / "reference" / "personas" / "generic.yaml"


def made(session: Session, month: date) -> pd.DataFrame:
    """The index of each customer over the half year that ends with the month."""
    snapshot = Snapshot(month, history_start=date(2010, 12, 1), window_months=12)
    indices, parameters = (
        Indices.model_validate(content([MORNING])),
        {**Settings.read({}).parameters, **snapshot.parameters},
    )
    engine.lay_out(session, indices, snapshot, "en")
    engine.count(session, parameters)
    engine.answer(session, indices, read_personas(NO_PERSONAS), month)
    staged = session.stage(
        CONTRACTS["customer_indices"], read_query("customer_indices"), **{**parameters, **engine.PARAMETERS}
    )
    return session.frame(f"select * from {staged}").set_index(["index_id", "customer_id"])


def test_who_was_called_a_morning_shopper_still_is_and_who_was_not_for_want_of_evidence_is_not(
    real_data: Path, warehouse: Warehouse
):
    """Beyond the threshold by chance, a customer is back at the population's share half a year later."""
    with warehouse.session() as session:
        insert(session, "calendar", calendar_rows(date(2010, 12, 1), date(2011, 12, 31)))
        session.execute(RECEIPTS.format(real_data / "online_retail.parquet"))
        spring, autumn = (made(session, month).loc["morning"] for month in (date(2011, 5, 1), date(2011, 11, 1)))
    again = spring[spring.index.isin(autumn.index)]
    called = again.index[again["label_id"] == "more"]
    unproven = again.index[again["label_id"].isna() & (again["index_pp"] >= 20)]
    figures = {
        name: (len(of), *(float(half.loc[of, "index_pp"].mean()) for half in (spring, autumn)))
        for name, of in (("called", called), ("unproven", unproven))
    }
    print("customers, index in spring and in autumn, %p:", figures)
    assert len(unproven) > 40 and figures["unproven"][1] > 25 and figures["unproven"][2] < 10
    assert len(called) >= 3 and figures["called"][2] > 15

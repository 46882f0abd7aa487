"""Receipts of few customers, and a copy of the reference data whose indices a test states."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import yaml

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import key
from crm_assets.defs.indices.customer_indices import customer_indices
from crm_assets.settings import PROJECT_DIR
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import results
from crm_assets_tests.prediction.feature_shop import calendar_rows, insert, receipt

MARCH = "2021-03-01"
DAYPARTS = yaml.safe_load((PROJECT_DIR / "data" / "reference" / "indices" / "washer.yaml").read_text())["dayparts"]
Rows = list[dict[str, object]]


def index(name: str = "x", attribute: str = "course", values: Sequence[str] = ("hygiene",), **given: object) -> dict:
    """An index of a file; what is not given is ordinary."""
    title = {"ko": f"{name} 지수", "en": f"Index {name}"}
    return {"id": name, "title": title, "attribute": attribute, "values": list(values), "min_events": 1, **given}


def model(name: str, table: str, column: str, **given: object) -> dict:
    return {"id": name, "title": {"ko": name, "en": name}, "table": table, "column": column, **given}


def label(name: str = "minded", **threshold: float) -> dict[str, object]:
    return {"id": name, "ko": f"{name}형", "en": name, **threshold}


def content(indices: Iterable[dict] = (), models: Iterable[dict] = (), **changed: object) -> dict[str, object]:
    return {"dayparts": DAYPARTS, "indices": list(indices), "model_indices": list(models), **changed}


def reference(folder: Path, told: Mapping[str, object], attributes: Mapping[str, object] | None = None) -> Path:
    """A copy of the reference data whose source maps ``attributes`` and names the indices ``told``."""
    shutil.copytree(PROJECT_DIR / "data" / "reference", folder)
    (folder / "indices" / "told.yaml").write_text(yaml.safe_dump(dict(told), allow_unicode=True), encoding="utf-8")
    path = folder / "sources" / "lpoint.yaml"
    source = yaml.safe_load(path.read_text(encoding="utf-8")) | {"indices": "told"}
    receipts = next(f for f in source["files"] if f["match"].startswith("LPOINT_BIG_COMP_02"))
    receipts["attributes"] = {"course": "course", "option": "option"} if attributes is None else attributes
    path.write_text(yaml.safe_dump(source, allow_unicode=True), encoding="utf-8")
    return folder


def visits(customer: str, hours: Sequence[int], month: int = 3, **given: object) -> Rows:
    """A receipt at each hour of the clock, on the days of the month one after the other."""
    return [
        receipt(customer, f"{customer}{month}-{n}", datetime(2021, month, 1 + n % 28, hour), **given)
        for n, hour in enumerate(hours)
    ]


def washes(customer: str, courses: Sequence[str], month: int = 3, name: str = "course", **given: object) -> Rows:
    """An attribute of a line, a receipt each."""
    return [
        {"month": date(2021, month, 1), "customer_id": customer, "receipt_id": f"{customer}{month}-{n}",
         "record_type": "product", "line_no": 1, "name": name, "value": course, **given}
        for n, course in enumerate(courses)
    ]  # fmt: skip


def shares(hits: int, of: int) -> list[str]:
    return ["hygiene"] * hits + ["standard"] * (of - hits)


def fill(warehouse: Warehouse, **tables: Rows) -> Warehouse:
    with warehouse.session() as session:
        if not session.scalar("select count(*) from calendar"):
            insert(session, "calendar", calendar_rows(date(2020, 12, 1), date(2021, 4, 30)))
        for table, rows in tables.items():
            insert(session, table, rows)
    return warehouse


def made(warehouse: Warehouse, folder: Path, month: str = MARCH, **settings: object) -> dict[str, pd.DataFrame]:
    """The month's rows of every table that the asset writes, by its key."""
    *_, done = results(customer_indices, warehouse, month, reference_dir=str(folder), **settings)
    written = ("customer_indices", "index_definitions", "index_labels", "index_distributions")
    with warehouse.session() as session:
        found = {
            table: session.frame(
                f"select * from {table} where month = cast(:month as date) order by {', '.join(key(CONTRACTS[table]))}",
                month=month,
            )
            for table in written
        }
    assert done.metadata["dagster/row_count"] == len(found["customer_indices"])
    return found


def indexed(rows: pd.DataFrame, name: str = "x") -> pd.DataFrame:
    """The rows of an index by customer."""
    return rows[rows["index_id"] == name].set_index("customer_id")

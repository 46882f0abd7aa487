"""A warehouse with leads that a test writes down, and the reference data that it says of them."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from crm_assets.settings import PROJECT_DIR
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.prediction.feature_shop import insert

REFERENCE = PROJECT_DIR / "data" / "reference"
MAPPING = {
    "title": {"ko": "리드", "en": "leads"},
    "currency": "USD",
    "personas": "generic",
    "leads": "ours",
    "history": {"start": "2021-01-01", "end": "2021-12-31"},
}


class Bench:
    """Attributes are those that ``attributes`` names; ``reference`` is the file that says what they are."""

    def __init__(self, folder: Path, *attributes: str) -> None:
        self.reference_dir, self.data = folder / "reference", folder / "data"
        self.waiting: list[tuple[dict[str, object], list[dict[str, object]]]] = []
        self.store = Warehouse(self.data / "warehouse.duckdb")
        shutil.copytree(REFERENCE, self.reference_dir)
        load = {"match": "leads*", "loads": "leads", "columns": {"lead_id": "id", "created_at": "day"},
                "attributes": {name: name for name in attributes}}  # fmt: skip
        (self.reference_dir / "sources" / "shop.yaml").write_text(
            yaml.safe_dump({**MAPPING, "files": [load]}, allow_unicode=True), encoding="utf-8"
        )
        self.reference({})
        with self.store.session() as session:
            session.ensure_tables()

    @property
    def settings(self) -> dict[str, object]:
        return {"source": "shop", "reference_dir": str(self.reference_dir), "data_dir": str(self.data)}

    def reference(self, content: dict[str, object]) -> None:
        (self.reference_dir / "leads" / "ours.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def lead(self, lead: str, day: str, converted: str | None = None, decided: str | None = None, **given: object):
        """A lead of a day; ``company``, ``owner``, ``message``, and any attribute."""
        own = {f"{name}_id": given.pop(name, None) for name in ("company", "owner")}
        row = {"lead_id": lead, "created_at": pd.Timestamp(day), **own, "message": given.pop("message", None),
               "converted": converted, "decided_on": None if decided is None else pd.Timestamp(decided)}  # fmt: skip
        told = [{"lead_id": lead, "name": name, "value": str(v)} for name, v in given.items() if v is not None]
        self.waiting.append((row, told))

    def many(self, leads: list[dict[str, object]], attributes: list[dict[str, object]]) -> None:
        with self.store.session() as session:
            insert(session, "leads", leads)
            insert(session, "lead_attributes", attributes)

    def write(self) -> None:
        """The leads that were told of go into the warehouse together."""
        leads = [row for row, _ in self.waiting]
        told = [one for _, of in self.waiting for one in of]
        self.waiting = []
        self.many(leads, told)

    def make(self, asset, month: str = "2021-06-01", **settings: object) -> pd.DataFrame:
        self.write()
        return made(asset, self.store, month, **{**self.settings, **settings})

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        self.write()
        with self.store.session() as session:
            return session.rows(sql)


def planted(bench: Bench, leads: int, *, first: str = "2021-01-01", days: int = 120, seed: int = 0) -> None:
    """Leads of a few months: one in four converts, those of the colour red and of large size more often, those who
    write that it is urgent more often still; companies of two leads, thirty sales people."""
    rng, start = np.random.default_rng(seed), date.fromisoformat(first)
    red, urgent, size = rng.random(leads) < 0.4, rng.random(leads) < 0.3, rng.normal(0, 1, leads)
    logit = -2.6 + 1.5 * red + 2.0 * urgent + 0.8 * size
    won = rng.random(leads) < 1 / (1 + np.exp(-logit))
    rows, told = [], []
    for n in range(leads):
        text = ("please answer it is urgent and " if urgent[n] else "kindly send us the plain ") + "catalogue pages"
        day = start + timedelta(days=int(n * days / leads))
        rows.append(
            {"lead_id": f"L{n:05}", "created_at": pd.Timestamp(day), "company_id": f"C{n // 2:05}",
             "owner_id": f"O{n % 30}", "message": text, "converted": "yes" if won[n] else "no", "decided_on": None}
        )  # fmt: skip
        for name, value in (("colour", "red" if red[n] else ("blue", "green")[n % 2]), ("size", f"{size[n]:.3f}")):
            told.append({"lead_id": f"L{n:05}", "name": name, "value": value})
    bench.many(rows, told)

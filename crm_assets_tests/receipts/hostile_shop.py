"""An empty shop for hostile files, and what the ledger says of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from crm_assets.receipts.landing import shown
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import Shop

LEDGER = ("landed_files", "landed_months", "quarantine", "released_rows", "refused_files")


def new_shop(engine: Session, folder: Path, source: str = "lpoint") -> Shop:
    """An empty shop; L.POINT's product receipts may have any name with PDDE in it, so that all kinds can be tried."""
    for table in LEDGER:
        engine.execute(f"delete from {table}")
    shop = Shop(engine, Path(tempfile.mkdtemp(dir=folder)), source)
    if source == "lpoint":
        receipts = shop.source.files[1].model_copy(update={"match": "*PDDE*"})
        shop.source = shop.source.model_copy(update={"files": (receipts,)})
    return shop


def counts(shop: Shop, name: str) -> dict[str, int] | None:
    """What the ledger says of a file."""
    names = ("rows", "loaded", "duplicates", "quarantined")
    found = shop.session.rows(f"select {', '.join(names)} from landed_files where file_name = :name", name=shown(name))
    return dict(zip(names, found[0], strict=True)) if found else None


def loaded_ids(shop: Shop) -> list[tuple[str, str]]:
    """Customer and receipt of all that is staged and counts."""
    months = [m for (m,) in shop.session.rows("select distinct purchase_month from landed_months where lines > 0")]
    frames = [shop.lines(str(month)) for month in months]
    return sorted(ids for frame in frames for ids in zip(frame["customer_id"], frame["receipt_id"], strict=True))

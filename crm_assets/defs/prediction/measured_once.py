"""What is measured of a month's training: for months that trained a model only, and once for the same input."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.prediction.labelled import labelled_rows_of, labels
from crm_assets.defs.table import Shown, of_snapshot
from crm_assets.months import Snapshot
from crm_assets.prediction.evaluation import drawn_customers
from crm_assets.prediction.model_rows import recipe_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session


def stage(
    session: Session,
    snapshot: Snapshot,
    settings: Settings,
    table: str,
    mark: Callable[..., str],
    measure: Callable[..., pd.DataFrame],
) -> str:
    """The month's rows, staged: none without a training, those that are there when their fingerprint is of today's
    input, else measured.

    Args:
        mark: hash of what the figures depend on: labelled rows of at most ``max_comparison_customers`` customers, the
            recipe in use, folds and seed.
        measure: the rows of the table, without month, as_of and fingerprint, by the same.
    """
    recipe, given = recipe_of(settings), {"folds": settings.evaluation_folds, "seed": settings.seed}
    month, contract, stored = snapshot.month, CONTRACTS[table], f"select * from {table} where month = :month"
    trained = "select count(*) from lightgbm_model where month = :month and status in ('trained', 'kept')"
    if not session.scalar(trained, month=month):
        return session.stage(contract, f"{stored} and 1 = 0", month=month)
    types = labels(session, snapshot)
    drawn = drawn_customers(types, settings.max_comparison_customers, **given)
    rows = labelled_rows_of(session, snapshot, drawn.index, settings)
    found = mark(rows, recipe, **given)
    if session.rows(f"select distinct fingerprint from ({stored}) as stored", month=month) == [(found,)]:
        return session.stage(contract, stored, month=month)
    return session.stage_frame(
        contract, of_snapshot(measure(rows, recipe, **given), snapshot).assign(fingerprint=found)
    )


def nothing(session: Session, snapshot: Snapshot, table: str) -> Shown:
    """What the UI shows of a month without rows: which earlier one has them."""
    last = session.scalar(f"select max(month) from {table} where month < :month", month=snapshot.month)
    seen = f"; see {last:%Y-%m}" if last else ""
    return {"as_of": str(snapshot.as_of), "measured": f"nothing: this month trained no model{seen}"}

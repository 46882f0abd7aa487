"""What is measured of a fit or a training, seconds included: once for the same input, then kept."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.prediction.labelled import compared_rows
from crm_assets.prediction.model_rows import recipe_of


def measured_once(month: Month, fingerprint: str, measure: Callable[[], pd.DataFrame]) -> str:
    """The month's rows, staged: those that are there when they are of this input, else measured anew.

    Args:
        fingerprint: hash of all that the figures depend on; the table has a column of that name.
        measure: makes the rows, without month, as_of and fingerprint.
    """
    stored = _stored(month)
    if month.rows(f"select distinct fingerprint from ({stored}) as stored") == [(fingerprint,)]:
        return month.stage(stored)
    return month.stage_frame(measure().assign(fingerprint=fingerprint))


def measured_of_training(month: Month, fingerprint: Callable[..., str], measure: Callable[..., pd.DataFrame]) -> str:
    """What is measured on the customers of a training, staged; nothing of a month that trained no model.

    Args:
        fingerprint, measure: of labelled rows (``labelled.compared_rows``), the recipe in use, folds and seed.
    """
    rows = compared_rows(month.session, month.snapshot, month.settings)
    if rows is None:
        return nothing_measured(month)
    recipe = recipe_of(month.settings)
    given = {"folds": month.settings.evaluation_folds, "seed": month.settings.seed}
    return measured_once(month, fingerprint(rows, recipe, **given), lambda: measure(rows, recipe, **given))


def nothing_measured(month: Month) -> str:
    """A month without rows, staged."""
    return month.stage(f"{_stored(month)} and 1 = 0")


def last_measured(month: Month, why: str) -> Shown | None:
    """What the UI shows of a month without rows: why, and which earlier one has them; None where there are rows."""
    if month.scalar(f"select count(*) from {month.name} where month = :month"):
        return None
    last = month.scalar(f"select max(month) from {month.name} where month < :month")
    return {"measured": f"nothing: {why}" + (f"; see {last:%Y-%m}" if last else "")}


def _stored(month: Month) -> str:
    return f"select * from {month.name} where month = :month"

"""When a month of a table is made anew by itself."""

from __future__ import annotations

import dagster as dg

from crm_assets.defs.tags import DIMENSION


def on_new_months() -> dg.AutomationCondition:
    """Whenever a month that it reads is made anew, however long ago that month is.

    ``eager`` alone looks at the newest month only and would pass over late receipts. Dimensions carry no time: a new
    delivery of one does not restate every month by itself (a backfill does), but a month waits while one is being made.
    """
    condition = dg.AutomationCondition
    return (
        condition.any_deps_updated().ignore(dg.AssetSelection.tag(*DIMENSION)).since_last_handled()
        & ~condition.any_deps_missing()
        & ~condition.any_deps_in_progress()
        & ~condition.in_progress()
        # A run that ends during a look has left the progress, but the look began before what it made.
        & ~(~condition.in_progress()).newly_true()
    ).with_label("on_new_months")

"""Whether a month's customers are enough like those of the month before for lists of them to go out.

What is compared grows with no window: types, days since the last purchase, amounts of receipts. Visits and spend of a
window that is still filling move by themselves (0.20 in the third month of a demo of 3,000), so they are not. A
delivery that ends early is seen at once: Online Retail's December, whose receipts end on the 9th, has 1.6 in recency,
where no other month of it exceeds 0.18, nor any month of the demo 0.14.
"""

from __future__ import annotations

import pandas as pd

from crm_assets.contracts.export_checks import AMOUNTS, CHECKS, RECENCY, SCORING, TYPE_SHARES
from crm_assets.months import Snapshot, add_months, month_of
from crm_assets.settings import Settings
from crm_assets.statistics.stability import shift
from crm_assets.warehouse import Session, read_query

AGAINST_MONTH_BEFORE = (TYPE_SHARES, RECENCY, AMOUNTS)


def export_checks(session: Session, snapshot: Snapshot, settings: Settings) -> list[dict[str, object]]:
    """A row per check: the columns of the contract but for month and as_of.

    A month whose month before has no whole month before it is compared with nothing: history has just begun, and
    everything moves.
    """
    found = {SCORING: _scoring(session, snapshot)}
    if snapshot.history_start <= add_months(month_of(snapshot.month), -2):
        counts = session.frame(read_query("export_shares"), month=snapshot.month, month_before=snapshot.month_before)
        for name in AGAINST_MONTH_BEFORE:
            found[name] = _shifted(counts[counts["name"] == name], settings.export_drift_psi)
    unknown = {"passed": True, "psi": None, "what": None}
    thresholds = {name: settings.export_drift_psi for name in CHECKS} | {SCORING: settings.scoring_drift_psi}
    return [{"name": n, "threshold": thresholds[n], **(found.get(n) or unknown)} for n in CHECKS]


def _scoring(session: Session, snapshot: Snapshot) -> dict[str, object] | None:
    """What new_customer_predictions found; None where the month has no model."""
    rows = session.rows(
        """select name, psi, moved, change from scoring_drift where month = :month
        order by moved desc, psi desc, name limit 1""",
        month=snapshot.month,
    )
    if not rows:
        return None
    name, psi, moved, change = rows[0]
    return {"passed": not moved, "psi": float(psi), "what": f"{name}, {change}" if change else name}


def _shifted(counts: pd.DataFrame, threshold: float) -> dict[str, object] | None:
    """None where one of the months has nobody."""
    before, now = counts["n_before"].to_numpy(), counts["n_now"].to_numpy()
    if not (before.sum() and now.sum()):
        return None
    found = shift(before, now, threshold=threshold, family=len(AGAINST_MONTH_BEFORE))
    moved_most = str(counts["bin"].iloc[found.bin])
    return {"passed": not found.moved, "psi": found.psi, "what": f"{moved_most}: {found.then:.1%} → {found.now:.1%}"}


def stopped(session: Session, snapshot: Snapshot) -> bool:
    """Whether a check of the month failed: no list of its customers is written.

    Raises:
        ValueError: the month has not been checked.
    """
    checks, failed = session.rows(
        "select count(*), sum(case when passed then 0 else 1 end) from export_checks where month = :month",
        month=snapshot.month,
    )[0]
    if not checks:
        raise ValueError(f"export_checks has no rows of {snapshot.month:%Y-%m}; make it first, then its lists.")
    return bool(failed)

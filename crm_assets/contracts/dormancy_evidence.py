"""Contract of ``dormancy_evidence``, and of ``dormancy_outcomes``, which has the same figures of what was served."""

from crm_assets.contracts.base import SnapshotTable, column

CANDIDATES = ["model", "frequency", "recency", "interval", "p_alive", "p_silent", "served"]
METRICS = ["roc_auc", "pr_auc", "brier", "dormant_share", "mean_probability", "calibration_error", "gain"]


class DormancyEvidence(SnapshotTable, key=["month", "slice", "candidate", "metric"]):
    """How good the model and the rules were in the months whose answer is known by now, walk-forward: every score is of
    a month that knew nothing of its answer."""

    slice: str = column("VARCHAR", "all, one_receipt, more_receipts, or an RFM grade")
    candidate: str = column("VARCHAR", "whose probability: of the model, a rule, or as served", isin=CANDIDATES)
    metric: str = column(
        "VARCHAR",
        "roc_auc (mean of the months by customers), pr_auc (likewise), brier, dormant_share, mean_probability, "
        "calibration_error (mean gap of tenths by probability), gain (Brier of the candidate less "
        "that of the model, or of what was served)",
        isin=METRICS,
    )
    value: float = column("DOUBLE", "the figure")
    low: float = column("DOUBLE", "lower end of the 95 % interval, resampled by customer", nullable=True)
    high: float = column("DOUBLE", "upper end of it", nullable=True)
    base: int = column("BIGINT", "customers × months that it was measured on", ge=1)
    months: int = column("BIGINT", "months that it was measured on", ge=1)

"""Contract of ``model_comparison``."""

from crm_assets.contracts.base import SnapshotTable, column
from crm_assets.contracts.feature_table import CUTS

ALGORITHMS = ["lightgbm", "random_forest", "catboost"]


class ModelComparison(SnapshotTable, key=["month", "algorithm", "protocol", "slice"]):
    """LightGBM beside other classifiers on the same customers, columns and folds; of months that trained one."""

    algorithm: str = column("VARCHAR", "the classifier; catboost where the extra is installed", isin=ALGORITHMS)
    protocol: str = column(
        "VARCHAR",
        "seed = whole histories, one split, the seed's columns; cold_start = first receipts, folds by customer",
        isin=["seed", "cold_start"],
    )
    slice: str = column("VARCHAR", "full = whole history; or the number of first receipts", isin=["full", *CUTS])
    macro_f1: float = column("DOUBLE", "mean F1 over the types", ge=0, le=1, unit="score")
    accuracy: float = column("DOUBLE", "share of customers whose type is named", ge=0, le=1, unit="share")
    base: int = column("BIGINT", "customers judged, none of whom was trained on", ge=1, unit="customers")
    training_rows: int = column("BIGINT", "rows of a fit, on average", ge=1, unit="rows")
    # A stopwatch's reading is never twice the same: comparisons of whole shops leave such columns out.
    fit_seconds: float = column(
        "DOUBLE",
        "processor time of a fit, one thread, median over the folds",
        ge=0,
        unit="s",
        extra={"measured_time": True},
    )
    peak_mb: float = column(
        "DOUBLE",
        "growth of a fit's own process at its highest, beyond a fit on a few rows; the most of the folds",
        ge=0,
        unit="MB",
        extra={"measured_time": True},
    )
    fingerprint: str = column("VARCHAR", "hash of what the figures depend on; the same one is not measured again")

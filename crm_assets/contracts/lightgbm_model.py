"""Contract of ``lightgbm_model``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class LightgbmModel(SnapshotTable, key=["month"]):
    """Registry of the model of the new customer's type: which one a month uses, or why it has none."""

    status: str = column(
        "VARCHAR",
        "trained = a new model is in use; kept = a new one was trained and did not beat the one in use; reused; none",
        isin=["trained", "kept", "reused", "none"],
    )
    reason: str = column("VARCHAR", "why")
    trained_as_of: Day = column("DATE", "as_of of the model in use, never later than as_of", nullable=True)
    customers: int = column("BIGINT", "existing customers it was trained on", ge=0, unit="customers")
    rows: int = column("BIGINT", "truncated histories it was trained on", ge=0, unit="rows")
    features: str = column("VARCHAR", "model columns used, comma-separated")
    unavailable: str = column("VARCHAR", "model columns that the source does not have, comma-separated")
    challenger_macro_f1: float = column(
        "DOUBLE",
        "macro-F1 of the model trained this month, mean of the first 1, 2, 3 receipts, on customers it has not seen",
        nullable=True,
        ge=0,
        le=1,
    )
    incumbent_macro_f1: float = column(
        "DOUBLE", "that of the model in use before, on the same rows; empty = not compared", nullable=True, ge=0, le=1
    )
    compared_customers: int = column(
        "BIGINT", "customers that these were measured on; 0 = no model was trained this month", ge=0, unit="customers"
    )
    path: str = column("VARCHAR", "file of the model, relative to the data folder", nullable=True)
    sha256: str = column("VARCHAR", "hash of the file and of the JSON beside it", nullable=True)

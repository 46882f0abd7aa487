"""Contract of ``lead_model``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class LeadModel(SnapshotTable, key=["month"]):
    """Registry: which model of leads a month uses, and why, or why none. No row where there are no leads."""

    status: str = column("VARCHAR", "trained now, reused, or none", isin=["trained", "reused", "none"])
    reason: str = column("VARCHAR", "why this model, or none")
    trained_as_of: Day = column("DATE", "as_of of the training, never later than as_of", nullable=True)
    candidate: str = column(
        "VARCHAR",
        "kind of model with the highest PR-AUC on validation leads: prior, logistic, lightgbm, with or without _text",
        nullable=True,
    )
    split: str = column(
        "VARCHAR",
        "how leads were dealt into folds for choice, threshold and out-of-fold scores",
        nullable=True,
        isin=["company", "random"],
    )
    known: int = column("BIGINT", "leads whose outcome was known by as_of", ge=0, unit="leads")
    rows: int = column("BIGINT", "leads that the model learned from", nullable=True, ge=1, unit="leads")
    converted_share: float = column("DOUBLE", "of which converted", nullable=True, ge=0, le=1, unit="share")
    features: int = column("BIGINT", "features that it could read", nullable=True, ge=0)
    threshold: float = column(
        "DOUBLE", "probability from which a lead is called a sale: highest F1 on validation leads", nullable=True,
        ge=0, le=1,
    )  # fmt: skip
    path: str = column("VARCHAR", "file of the model, relative to the data folder", nullable=True)
    sha256: str = column("VARCHAR", "hash of that file", nullable=True)

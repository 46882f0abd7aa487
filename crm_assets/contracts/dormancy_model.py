"""Contract of ``dormancy_model``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class DormancyModel(SnapshotTable, key=["month"]):
    """Registry: which model of dormancy a month uses, and why, or why none."""

    status: str = column("VARCHAR", "trained now, reused, or none", isin=["trained", "reused", "none"])
    reason: str = column("VARCHAR", "why this model, or none")
    trained_as_of: Day = column("DATE", "as_of of the training, never later than as_of", nullable=True)
    horizon_days: int = column("BIGINT", "days without a purchase that the model means", ge=1, unit="days")
    last_known_as_of: Day = column("DATE", "newest snapshot whose answer the training knew", nullable=True)
    rows: int = column("BIGINT", "customers of all snapshots that it learned from", nullable=True, ge=1)
    dormant_share: float = column("DOUBLE", "of whom fell silent", nullable=True, ge=0, le=1, unit="share")
    path: str = column("VARCHAR", "file of the model, relative to the data folder", nullable=True)
    sha256: str = column("VARCHAR", "hash of that file", nullable=True)

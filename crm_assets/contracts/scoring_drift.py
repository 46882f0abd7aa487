"""Contract of ``scoring_drift``."""

from crm_assets.contracts.base import SnapshotTable, column


class ScoringDrift(SnapshotTable, key=["month", "name"]):
    """How far the month's new customers have moved from those that the model in use was made to score."""

    name: str = column("VARCHAR", "column of the model, or `predicted types`")
    psi: float = column("DOUBLE", "population stability index", ge=0)
    moved: bool = column("BOOLEAN", "above scoring_drift_psi and beyond chance: nobody is scored")
    change: str = column("VARCHAR", "the bin that moved most, its share then and now", nullable=True)

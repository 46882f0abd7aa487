"""Contract of ``lead_features``."""

from crm_assets.contracts.base import SnapshotTable, column


class LeadFeatures(SnapshotTable, key=["month", "lead_id", "feature"]):
    """What a model may know of each lead: one row per lead and feature that has a value, after cleaning."""

    lead_id: str = column("VARCHAR", "the source's id of the lead", str_length={"min_value": 1})
    feature: str = column("VARCHAR", "name of the feature, an attribute of lead_columns", str_length={"min_value": 1})
    number: float = column("DOUBLE", "its value where it is a number", nullable=True)
    category: str = column(
        "VARCHAR",
        "its value where it is a category: (other) = rare values merged, (none) = not answered; of a win rate "
        "whose it is",
        nullable=True,
    )

"""Contract of ``offer_targets``."""

from crm_assets.contracts.base import SnapshotTable, column

ATTRIBUTES = ["age_band", "gender", "region", "rfm_grade", "lifestyle"]
HABITS = ["not_present", "low_value"]


class OfferTargets(SnapshotTable, key=["month", "offer_id", "attribute", "value"]):
    """Whom an offer is for. A customer must have one of the values of every attribute that the offer names, and reach
    the minimum of every category and habit that it names; an offer without a row is for everybody."""

    offer_id: str = column("VARCHAR", "id of the offer")
    attribute: str = column(
        "VARCHAR", "attribute of the customer, spend or habits", isin=[*ATTRIBUTES, "spend", "habits"]
    )
    value: str = column("VARCHAR", "a value that is admitted; of spend the category, of habits the share")
    minimum: float = column(
        "DECIMAL(18,4)",
        "of spend: the least monthly spend in the category, currency; of habits: the least share of payment_habits",
        nullable=True,
        ge=0,
    )

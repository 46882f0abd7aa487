"""Contract of ``offer_targets``."""

from crm_assets.contracts.base import SnapshotTable, column, money

ATTRIBUTES = ["age_band", "gender", "region", "rfm_grade", "lifestyle"]


class OfferTargets(SnapshotTable, key=["month", "offer_id", "attribute", "value"]):
    """Whom an offer is for. A customer must have one of the values of every attribute that the offer names, and spend
    at least the minimum of every category that it names; an offer without a row is for everybody."""

    offer_id: str = column("VARCHAR", "id of the offer")
    attribute: str = column("VARCHAR", "attribute of the customer, or spend", isin=[*ATTRIBUTES, "spend"])
    value: str = column("VARCHAR", "a value that is admitted; of spend the category")
    minimum: float = money("of spend: the least monthly spend in the category", nullable=True, ge=0)

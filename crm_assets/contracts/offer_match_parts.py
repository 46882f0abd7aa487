"""Contract of ``offer_match_parts``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class OfferMatchParts(SnapshotTable, key=["month", "customer_id", "offer_id", "part"]):
    """How the benefit of a match is reckoned, a row per benefit in which the customer spent."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    offer_id: str = column("VARCHAR", "id of the offer")
    part: int = column("BIGINT", "number of the benefit in the offer", ge=1)
    category: str = column("VARCHAR", "the category, or the first of several by its name and how many more")
    monthly_spend: float = money("mean monthly spend in its categories", gt=0)
    monthly_receipts: float = column("DECIMAL(18,4)", "mean receipts a month in its categories", gt=0, unit="receipts")
    rate: float = column("DECIMAL(9,6)", "share of the spend that comes back", ge=0, le=1, unit="share")
    per_receipt: float = money("amount that comes back per receipt", ge=0)
    before_cap: float = money("rate × spend + per_receipt × receipts", ge=0)
    cap: float = money("the most that the benefit brings; null = no limit", nullable=True, gt=0)
    after_cap: float = money("the smaller of both", ge=0)

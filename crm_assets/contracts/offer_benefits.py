"""Contract of ``offer_benefits``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class OfferBenefits(SnapshotTable, key=["month", "offer_id", "category"]):
    """What an offer gives back, a row per category: a share of the spend, or an amount per receipt."""

    offer_id: str = column("VARCHAR", "id of the offer")
    part: int = column("BIGINT", "number of the benefit in the offer; its categories share one cap", ge=1)
    category: str = column("VARCHAR", "category of category_spend; a category has one benefit in an offer")
    rate: float = column("DECIMAL(9,6)", "share of the spend that comes back", ge=0, le=1, unit="share")
    per_receipt: float = money("amount that comes back per receipt", ge=0)
    cap: float = money("the most that the benefit brings in a month; null = no limit", nullable=True, gt=0)

"""Contract of ``lifestyle_offers``."""

from crm_assets.contracts.base import SnapshotTable, column, money, money_sum


class LifestyleOffers(SnapshotTable, key=["month", "lifestyle_id", "rank"]):
    """Which offers fit a lifestyle: by what they bring its customers on average. Who is not meant, or would lose,
    counts as 0, since nobody need take an offer."""

    lifestyle_id: str = column("VARCHAR", "stable id of the lifestyle")
    rank: int = column("BIGINT", "by mean_benefit, then by offer_id", ge=1)
    offer_id: str = column("VARCHAR", "id of the offer")
    customers: int = column("BIGINT", "customers of the lifestyle who would gain", ge=1, unit="customers")
    share: float = column("DOUBLE", "of the lifestyle's customers", gt=0, le=1, unit="share")
    mean_benefit: float = money("mean net benefit of all its customers, a month", gt=0)
    total_benefit: float = money_sum("sum of the net benefits, a month", gt=0)

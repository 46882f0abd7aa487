"""Contract of ``attribute_segments``."""

from crm_assets.contracts.base import SnapshotTable, column

LEVELS = ["low", "mid", "high"]  # 하, 중, 상


class AttributeSegments(SnapshotTable, key=["month", "customer_id"]):
    """Who a customer of the window is (S2, level 1): demographic, geographic, psychographic, behavioural segments."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    is_existing: int = column(
        "BIGINT", "1 = more receipts since the start of history than a new customer has, else 0", ge=0, le=1
    )
    gender: str = column("VARCHAR", "as delivered last", nullable=True)
    age_band: str = column("VARCHAR", "as delivered last", nullable=True)
    region: str = column("VARCHAR", "as delivered last", nullable=True)
    interest_category: str = column(
        "VARCHAR",
        "major category with the largest lift, of those on two receipts or more; null where there is none, and for new "
        "customers",
        nullable=True,
    )
    interest_lift: float = column(
        "DOUBLE", "share of the customer's spend in it, divided by the population's share", nullable=True, gt=0
    )
    categories_major: int = column(
        "BIGINT", "major categories bought in the window; null where no product has one", nullable=True, ge=0
    )
    channel_use: str = column("VARCHAR", "offline, online or both; null where the source does not say", nullable=True)
    wallet_user: int = column(
        "BIGINT",
        "1 = a wallet payment in the window, else 0; null where the source has none",
        nullable=True,
        ge=0,
        le=1,
    )
    loyalty: str = column("VARCHAR", "tertile of frequency among existing customers", nullable=True, isin=LEVELS)
    purchasing_power: str = column(
        "VARCHAR", "tertile of monetary among existing customers", nullable=True, isin=LEVELS
    )
    demographic: str = column("VARCHAR", "by rule: gender and age band, female·40대", nullable=True)
    geographic: str = column("VARCHAR", "by rule: home region", nullable=True)
    psychographic: str = column("VARCHAR", "by rule: interest", nullable=True)
    usage: str = column("VARCHAR", "by rule: rhythm of purchases, for instance weekly or paused", nullable=True)

"""Contract of ``audiences``."""

from crm_assets.contracts.base import Day, SnapshotTable, column
from crm_assets.contracts.marketing_responses import YES_NO
from crm_assets.contracts.strategies import CHANNELS

TREATMENT, CONTROL = "treatment", "control"
ARMS = [TREATMENT, CONTROL]


class Audiences(SnapshotTable, key=["month", "campaign_id", "customer_id"]):
    """Who is in which campaign of the month, who of them is held out, and with what to address the others. No rows
    where a check of export_checks failed."""

    campaign_id: str = column("VARCHAR", "month and strategy, 2021-12-win_back")
    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    arm: str = column(
        "VARCHAR",
        "control = held out: gets nothing of this campaign; decided by a hash of campaign and customer",
        isin=ARMS,
    )
    holdout_share: float = column("DOUBLE", "planned share of the control", gt=0, lt=1, unit="share")
    strategy_id: str = column("VARCHAR", "strategy that the campaign carries out")
    segment_id: str = column("VARCHAR", "type of customer_types; none = it has none")
    rfm_band: str = column("VARCHAR", "band of rfm_scores; none = no receipt in the window")
    channel: str = column("VARCHAR", "way of the strategy", isin=CHANNELS)
    preferred_channel: str = column("VARCHAR", "way by which the customer answers, if known", nullable=True)
    send_hour: int = column(
        "BIGINT", "hour of the day to reach it, of a strategy at peak hours", nullable=True, ge=0, le=23, unit="hour"
    )
    offer_id: str = column("VARCHAR", "best offer, of a strategy that brings one", nullable=True)
    offer_net_benefit: float = column(
        "DECIMAL(18,4)", "what it brings the customer in a month", nullable=True, unit="currency"
    )
    product_1: str = column("VARCHAR", "recommended article, of a strategy that brings some", nullable=True)
    product_2: str = column("VARCHAR", "the next one", nullable=True)
    product_3: str = column("VARCHAR", "the third", nullable=True)
    bundle: str = column(
        "VARCHAR", "names of the articles of the type's best bundle, of a strategy that brings one", nullable=True
    )
    consent: str = column("VARCHAR", "as known at as_of; null = nobody has told", nullable=True, isin=YES_NO)
    starts_on: Day = column("DATE", "first day of the window, the day after as_of")
    ends_on: Day = column("DATE", "last day of the window; the list expires with it")

"""Contract of ``response_rates``."""

from crm_assets.contracts.base import SnapshotTable, column
from crm_assets.contracts.marketing_responses import CHANNELS, YES_NO


class ResponseRates(SnapshotTable, key=["month", "customer_id"]):
    """How a customer answers messages, of those sent until the end of the month."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    sent: int = column("BIGINT", "messages sent", ge=1, unit="messages")
    responded: int = column("BIGINT", "of which opened, clicked or converted", ge=0, unit="messages")
    converted: int = column("BIGINT", "of which converted", ge=0, unit="messages")
    response_rate: float = column(
        "DOUBLE", "responded / sent; empty below 3 messages", nullable=True, ge=0, le=1, unit="share"
    )
    preferred_channel: str = column(
        "VARCHAR",
        "way with the largest lower end of the 95 % Wilson interval of the response rate; at least 3 messages and a "
        "response",
        nullable=True,
        isin=CHANNELS[:-1],
    )
    consent: str = column("VARCHAR", "no where the latest word on any way is no", nullable=True, isin=YES_NO)

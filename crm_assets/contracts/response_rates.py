"""Contract of ``response_rates``."""

from crm_assets.contracts.base import Day, Table, column
from crm_assets.contracts.marketing_responses import CHANNELS, YES_NO


class ResponseRates(Table):
    """How a customer answers messages, of those sent until the end of the month."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
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
        isin=CHANNELS,
    )
    consent: str = column("VARCHAR", "no where the latest word on any way is no", nullable=True, isin=YES_NO)

    class Config(Table.Config):
        unique = ["month", "customer_id"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012

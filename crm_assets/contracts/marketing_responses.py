"""Contract of ``marketing_responses``."""

from crm_assets.contracts.base import Day, Table, column

CHANNELS = ["email", "kakao", "push", "sms", "other"]
YES_NO = ["yes", "no"]


class MarketingResponses(Table, key=["customer_id", "campaign_id", "message_channel", "sent_on"]):
    """What customers were sent and what they made of it: one row per customer, campaign, channel and day."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    campaign_id: str = column("VARCHAR", "the shop's id of the campaign")
    message_channel: str = column("VARCHAR", "by which way it was sent; other = one that is not known", isin=CHANNELS)
    sent_on: Day = column("DATE", "day on which it was sent")
    opened: str = column("VARCHAR", "whether it was opened", nullable=True, isin=YES_NO)
    clicked: str = column("VARCHAR", "whether something in it was clicked", nullable=True, isin=YES_NO)
    converted: str = column("VARCHAR", "whether the customer did what it asked for", nullable=True, isin=YES_NO)
    consent: str = column(
        "VARCHAR",
        "whether the customer agreed to messages of this way, as known that day; neither yes nor no counts as no",
        nullable=True,
        isin=YES_NO,
    )

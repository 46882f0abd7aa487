"""Contract of ``offer_matches``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class OfferMatches(SnapshotTable, key=["month", "customer_id", "rank"]):
    """The offers that bring a customer most in a month, as it spent of late; the sum is worked out in
    offer_match_parts. Who would gain by none has no row."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    rank: int = column("BIGINT", "by net_benefit, then by offer_id", ge=1)
    offer_id: str = column("VARCHAR", "id of the offer")
    monthly_spend: float = money("mean monthly spend in all categories", gt=0)
    gross_benefit: float = money("sum of the benefits, each under its own cap", gt=0)
    capped_benefit: float = money("the same under the offer's cap", gt=0)
    monthly_fee: float = money("annual fee ÷ 12", ge=0)
    net_benefit: float = money("capped_benefit less monthly_fee", gt=0)

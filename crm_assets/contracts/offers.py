"""Contract of ``offers``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class Offers(SnapshotTable, key=["month", "offer_id"]):
    """The catalogue of cards and offers as it was used for the month: data/reference/offers."""

    offer_id: str = column("VARCHAR", "id of the offer", str_length={"min_value": 1})
    title_ko: str = column("VARCHAR", "its name in Korean")
    title_en: str = column("VARCHAR", "its name in English")
    description_ko: str = column("VARCHAR", "for whom and why, in Korean")
    description_en: str = column("VARCHAR", "for whom and why, in English")
    annual_fee: float = money("fee of a year", ge=0)
    minimum_spend: float = money("monthly spend without which there is no benefit", ge=0)
    monthly_cap: float = money("the most that all benefits bring in a month; null = no limit", nullable=True, gt=0)

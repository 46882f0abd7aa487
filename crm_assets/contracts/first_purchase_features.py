"""Contract of ``first_purchase_features``: the second set of model columns, what a first purchase tells beyond S0's 31.

What they are after: Padilla and Ascarza, "Overcoming the cold start problem of customer relationship management",
Journal of Marketing Research 58 (2021).
"""

from crm_assets.contracts.base import SnapshotTable, Time, column
from crm_assets.contracts.feature_table import CUTOFFS
from crm_assets.contracts.model_column import model_column


class FirstPurchaseFeatures(SnapshotTable, key=["month", "customer_id", "cutoff"]):
    """What the first receipts of a customer tell: rhythm, price level, novelty, repetition, basket, amount, category.
    The cut-offs of existing customers and the short histories of new ones; a longer history is not described. A line is
    compared with what the shop had sold on the days before its receipt, so nothing later changes a row."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    cutoff: str = column(
        "VARCHAR", "number of first receipts kept; as_of for a new customer's whole history", isin=list(CUTOFFS)
    )
    cutoff_at: Time = column("TIMESTAMP", "time of the last receipt before the cut-off")
    receipts: int = column("BIGINT", "receipts up to the cut-off; never a model column", ge=1, unit="receipts")
    days_between_mean: float = model_column(
        "DOUBLE",
        "mean days between receipts: of consecutive ones; none for one receipt",
        "평균구매간격",
        "",
        ge=0,
        unit="days",
    )
    days_between_first: float = model_column(
        "BIGINT", "days from the first receipt to the second", "첫구매간격", "", ge=0, unit="days"
    )
    days_between_last: float = model_column(
        "BIGINT", "days before the last receipt: since the one before it", "최근구매간격", "", ge=0, unit="days"
    )
    days_between_trend: float = model_column(
        "DOUBLE",
        "trend of the days between receipts: ln(1 + the last) - ln(1 + their mean); above 0 when it slows down",
        "구매간격추세",
        "",
        unit="log ratio",
    )
    price_level_mean: float = model_column(
        "DOUBLE",
        "price level: mean over receipts of the mean over lines of ln(unit price) - its product's mean of that on "
        "all days before",
        "평균가격수준",
        "P",
        unit="log ratio",
    )
    price_level_last: float = model_column(
        "DOUBLE", "price level of the last receipt", "최근가격수준", "P", unit="log ratio"
    )
    price_level_max: float = model_column(
        "DOUBLE", "highest price level of a line", "최고가격수준", "", unit="log ratio"
    )
    deal_share: float = model_column(
        "DOUBLE",
        "share bought below the usual price: of the lines with one, those more than 0.05 (log) below it",
        "할인구매비율",
        "P",
        ge=0,
        le=1,
        unit="share",
    )
    # Where it is known it tells nothing of the date, but that it is empty tells that the data had just begun: of the
    # variance of a first receipt's day in Online Retail, 0.39 by that alone.
    new_product_share: float = model_column(
        "DOUBLE",
        "share of new products: mean over receipts of the share of lines whose product was first sold at most 30 "
        "days before; none in the first 31 days of the data, when every product is new",
        "신상품구매비율",
        "P D",
        ge=0,
        le=1,
        unit="share",
    )
    repeat_share_mean: float = model_column(
        "DOUBLE",
        "share of repeated products: mean over receipts of the share of lines whose product an earlier line of "
        "the customer held",
        "평균재구매비율",
        "",
        ge=0,
        le=1,
        unit="share",
    )
    repeat_share_last: float = model_column(
        "DOUBLE", "share of repeated products in the last receipt", "최근재구매비율", "", ge=0, le=1, unit="share"
    )
    distinct_product_share: float = model_column(
        "DOUBLE",
        "distinct products per line: over all receipts",
        "상품다양성비율",
        "",
        ge=0,
        le=1,
        unit="share",
    )
    top_line_share: float = model_column(
        "DOUBLE",
        "largest line's share of a receipt: mean over receipts, of the product amount; amounts below 0 count as 0",
        "최대품목금액비율",
        "P",
        ge=0,
        le=1,
        unit="share",
    )
    amount_trend: float = model_column(
        "DOUBLE",
        "trend of the amount: ln(1 + amount) of the last receipt - that of the first; amounts below 0 count as 0; "
        "0 for one receipt",
        "구매금액추세",
        "P",
        unit="log ratio",
    )
    amount_level_mean: float = model_column(
        "DOUBLE",
        "level of the amount: mean over receipts of ln(amount) - ln(the shop's mean receipt on all days before); "
        "below 0.01 counts as 0.01",
        "평균구매금액수준",
        "P",
        unit="log ratio",
    )
    category_mode: str = model_column(
        "VARCHAR",
        "most frequent category: major one of most lines, of a tie the one bought last",
        "최다구매카테고리",
        "P",
    )

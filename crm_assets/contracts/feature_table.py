"""Contract of ``feature_table``: the 31 model columns of S0, with their Korean names and flags (``model_column``)."""

from crm_assets.contracts.base import SnapshotTable, Time, column
from crm_assets.contracts.model_column import model_column

CUTS = ("1", "2", "3")  # first receipts kept
CUTOFFS = ("as_of", *CUTS)  # the whole history up to as_of, or the first receipts


class FeatureTable(SnapshotTable, key=["month", "customer_id", "cutoff"]):
    """One row per customer and cut-off: what is known of a customer after its first receipts, or at as_of."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    cutoff: str = column("VARCHAR", "as_of, or the number of first receipts kept", isin=list(CUTOFFS))
    cutoff_at: Time = column("TIMESTAMP", "time of the last receipt before the cut-off")
    receipts: int = column("BIGINT", "receipts up to the cut-off; never a model column", ge=1, unit="receipts")
    receipt_id_length_mean: float = model_column(
        "DOUBLE", "mean length of the receipt number", "영수증번호길이평균", "P", ge=1, unit="characters"
    )
    receipt_id_length_max: float = model_column(
        "BIGINT", "longest receipt number", "영수증번호길이최대", "", ge=1, unit="characters"
    )
    receipt_type_mode: str = model_column(
        "VARCHAR",
        "most frequent receipt type: the letter in the number, number when all digits",
        "영수증 타입 최대값",
        "P",
    )
    purchase_month_mode: float = model_column(
        "BIGINT", "most frequent month of purchase, 1-12", "최다구매월", "P D", ge=1, le=12
    )
    purchase_month_mean: float = model_column("DOUBLE", "mean month of purchase", "평균구매월", "P D", ge=1, le=12)
    purchase_season_mode: str = model_column(
        "VARCHAR",
        "most frequent season",
        "최다 구매 계절",
        "P D",
        isin=["spring", "summer", "autumn", "winter"],
    )
    purchase_day_mean: float = model_column("DOUBLE", "mean day of the month", "평균구매일", "P", ge=1, le=31)
    weekday_mode: float = model_column("BIGINT", "most frequent weekday, Monday 0", "최다 구매 요일", "P", ge=0, le=6)
    weekday_max: float = model_column("BIGINT", "latest weekday, Monday 0", "구매 요일 최대값", "", ge=0, le=6)
    weekend_preference: str = model_column(
        "VARCHAR",
        "weekend when at least half of the receipts fall on Saturday or Sunday",
        "주중 주말 선호도",
        "P",
        isin=["weekday", "weekend"],
    )
    purchase_year_mode: float = model_column("BIGINT", "most frequent year of purchase", "최다 구매년도", "P D")
    purchase_hour_mean: float = model_column(
        "DOUBLE", "mean hour of purchase", "평균구매시간", "P", ge=0, le=23, unit="hours"
    )
    purchase_hour_mode: float = model_column(
        "BIGINT", "most frequent hour of purchase", "최다구매시간", "P", ge=0, le=23, unit="hours"
    )
    daypart_mode: str = model_column(
        "VARCHAR",
        "most frequent daypart: dawn 0-5, morning 6-11, afternoon 12-17, evening 18-23",
        "주구매시간분류1(새벽, 오전, 오후, 저녁)",
        "P",
        isin=["dawn", "morning", "afternoon", "evening"],
    )
    work_hours_mode: str = model_column(
        "VARCHAR",
        "working hours 9-18 or the rest, whichever is more frequent",
        "주구매시간분류2(출근, 퇴근)",
        "P",
        isin=["rest", "work"],
    )
    receipt_amount_max: float = model_column("DOUBLE", "largest receipt", "최대구매금액", "", unit="currency")
    receipt_amount_min: float = model_column("DOUBLE", "smallest receipt", "최소구매금액", "", unit="currency")
    quantity_mean: float = model_column("DOUBLE", "mean units of a receipt", "평균구매수량", "P", unit="units")
    quantity_max: float = model_column("DOUBLE", "most units of a receipt", "최대구매수량", "", unit="units")
    quantity_min: float = model_column("DOUBLE", "fewest units of a receipt", "최소구매수량", "", unit="units")
    channel_use: str = model_column(
        "VARCHAR", "offline only, online only or both", "이용채널", "", isin=["both", "offline", "online"]
    )
    channel_mode: str = model_column(
        "VARCHAR", "most frequent channel", "최다구매경로", "P", isin=["offline", "online"]
    )
    partner_type_mode: str = model_column(
        "VARCHAR", "most frequent leading letter of the partner's code", "최다제휴사타입", "P"
    )
    partner_mode: str = model_column("VARCHAR", "most frequent partner", "최다제휴사", "P")
    receipt_amount_mean: float = model_column(
        "DOUBLE", "mean amount of a receipt", "평균 구매 금액", "P", unit="currency"
    )
    unit_amount_mean: float = model_column(
        "DOUBLE",
        "mean over receipts of amount divided by quantity",
        "평균 낱개 구매 금액",
        "P",
        unit="currency",
    )
    new_cases_mean: float = model_column(
        "DOUBLE", "mean of the signal new_cases over the purchase dates", "코로나 신규 확진자수 평균", "P D"
    )
    new_deaths_mean: float = model_column(
        "DOUBLE", "mean of the signal new_deaths over the purchase dates", "코로나 신규 사망자수 평균", "P D"
    )
    wallet_user: float = model_column(
        "BIGINT",
        "1 = has paid by the wallet up to the cut-off; none before anybody has",
        "Lpay 이용여부",
        "",
        isin=[0, 1],
    )
    gender: str = model_column("VARCHAR", "female or male", "성별", "P", isin=["female", "male"])
    age_band: str = model_column("VARCHAR", "as the source states it", "연령대", "P")

"""Contract of ``calendar``."""

from crm_assets.contracts.base import Day, Table, column


class Calendar(Table, key=["date"]):
    """One row per day, so that portable SQL needs no date functions."""

    date: Day = column("DATE", "the day")
    day_number: int = column("BIGINT", "days since 1970-01-01; differences are days", unit="days")
    month: Day = column("DATE", "first day of its month")
    year: int = column("BIGINT", "calendar year")
    month_of_year: int = column("BIGINT", "1-12", ge=1, le=12)
    day_of_month: int = column("BIGINT", "1-31", ge=1, le=31)
    weekday: int = column("BIGINT", "Monday 0 to Sunday 6", ge=0, le=6)
    is_weekend: int = column("BIGINT", "1 on Saturday and Sunday", isin=[0, 1])
    season: str = column(
        "VARCHAR",
        "3-5 spring, 6-8 summer, 9-11 autumn, 12-2 winter",
        isin=["spring", "summer", "autumn", "winter"],
    )

"""Contract of ``daily_signals``."""

from crm_assets.contracts.base import Day, Table, column


class DailySignals(Table, key=["date", "signal"]):
    """External daily series, one row per day and signal, as delivered last."""

    date: Day = column("DATE", "the day")
    signal: str = column("VARCHAR", "name of the series, for instance new_cases")
    value: float = column("DECIMAL(18,4)", "value of the day")

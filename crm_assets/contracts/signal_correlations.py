"""Contract of ``signal_correlations``."""

from crm_assets.contracts.base import SnapshotTable, column


class SignalCorrelations(SnapshotTable, key=["month", "segment_id", "signal"]):
    """Daily activity of each type against each external daily series: the plain correlation, and the one that is left
    without trend and weekdays. Only the latter can speak of a reaction."""

    segment_id: str = column("VARCHAR", "type")
    segment_name: str = column("VARCHAR", "persona name of the type")
    signal: str = column("VARCHAR", "name of the series, for instance new_cases")
    days: int = column("BIGINT", "days of the window that the series knows", ge=1, unit="days")
    r: float = column(
        "DOUBLE",
        "Pearson's r of buyers a day and the series; null if one never moves",
        nullable=True,
        ge=-1,
        le=1,
    )
    p: float = column("DOUBLE", "its p, as if days did not depend on each other", nullable=True, ge=0, le=1)
    low: float = column("DOUBLE", "lower end of its 95 % interval", nullable=True, ge=-1, le=1)
    high: float = column("DOUBLE", "upper end of its 95 % interval", nullable=True, ge=-1, le=1)
    detrended_days: int = column(
        "BIGINT", "days on which the type's trend expects five customers or more", ge=0, unit="days"
    )
    detrended_days_effective: float = column(
        "DOUBLE", "independent days that they are worth", nullable=True, ge=0, unit="days"
    )
    detrended_r: float = column(
        "DOUBLE",
        "r of what trend and weekdays leave over; null where fewer than 84 days are left",
        nullable=True,
        ge=-1,
        le=1,
    )
    detrended_p: float = column("DOUBLE", "its p, by the effective days", nullable=True, ge=0, le=1)
    detrended_low: float = column("DOUBLE", "lower end of its 95 % interval", nullable=True, ge=-1, le=1)
    detrended_high: float = column("DOUBLE", "upper end of its 95 % interval", nullable=True, ge=-1, le=1)
    p_adjusted: float = column(
        "DOUBLE", "detrended_p, adjusted for all rows of the month (Benjamini-Hochberg)", nullable=True, ge=0, le=1
    )
    direction: str = column(
        "VARCHAR", "how activity moves when the series rises", nullable=True, isin=["falls", "rises"]
    )
    allowed: bool = column("BOOLEAN", "whether a report may say so: p_adjusted below 0.05 and detrended_r at least 0.2")

"""Contract of ``strategies``."""

from crm_assets.contracts.base import SnapshotTable, column

ORIGINS = ["S0", "S1", "S4", "own"]
GOALS = ["win_back", "retain", "welcome", "visit", "loyalty", "online", "wallet", "basket", "upsell", "offer", "listen"]
CHANNELS = ["push", "kakao", "sms", "email", "app", "store", "service"]
KPIS = ["purchase", "online_purchase", "wallet_payment", "spend"]
BRINGS = ["recommendations", "offer", "bundle", "statement"]


class Strategies(SnapshotTable, key=["month", "strategy_id"]):
    """The catalogue of strategies as it was used for the month: data/reference/strategies.yaml."""

    strategy_id: str = column("VARCHAR", "id of the strategy", str_length={"min_value": 1})
    place: int = column("BIGINT", "place in the catalogue: of several that fit a customer the first comes first", ge=1)
    origin: str = column("VARCHAR", "document that proposes it; own = ours, where none proposes anything", isin=ORIGINS)
    goal: str = column("VARCHAR", "what it is for; of one goal a customer gets one campaign a month", isin=GOALS)
    channel: str = column("VARCHAR", "by which way it reaches the customer", isin=CHANNELS)
    owner: str = column("VARCHAR", "who carries it out, a key of the texts (strategies.owners)")
    kpi: str = column("VARCHAR", "by what it is judged, within the window", isin=KPIS)
    window_days: int = column("BIGINT", "days in which it is to work", ge=7, le=180, unit="days")
    at_peak_hours: bool = column("BOOLEAN", "it is to reach the customers at their type's own peak hours")
    brings: str = column(
        "VARCHAR", "what an audience's rows carry for it, of BRINGS, separated by blanks", nullable=True
    )
    title_ko: str = column("VARCHAR", "its name in Korean")
    title_en: str = column("VARCHAR", "its name in English")
    trigger_ko: str = column("VARCHAR", "what sets it off, in Korean")
    trigger_en: str = column("VARCHAR", "what sets it off, in English")
    action_ko: str = column("VARCHAR", "what is done, in Korean")
    action_en: str = column("VARCHAR", "what is done, in English")

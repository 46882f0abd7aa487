"""Goals, channels, owners and KPIs of strategies in words; the words are data (strategies of the texts)."""

from __future__ import annotations

from crm_assets.charts import Pair, Texts

GROUPS = {"goal": "goals", "channel": "channels", "owner": "owners", "kpi": "kpis"}


def strategy_word(texts: Texts, kind: str, code: str) -> Pair:
    """What a reader sees for a code of the contract ``strategies``; the code itself where no text is known.

    Args:
        kind: goal, channel, owner or kpi.
    """
    known = texts.tree.get("strategies", {}).get(GROUPS[kind], {}).get(code)
    return Pair(str(known["ko"]), str(known["en"])) if known else Pair(code, code)

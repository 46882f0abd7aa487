"""Contract of ``lead_columns``."""

from crm_assets.contracts.base import SnapshotTable, column


class LeadColumns(SnapshotTable, key=["month", "attribute"]):
    """What was done with each column of the leads, and why; and whether it seems to know the outcome."""

    attribute: str = column("VARCHAR", "name of the attribute, of what is derived, or of an id of the leads")
    title_ko: str = column("VARCHAR", "its Korean name; its own where there is none")
    title_en: str = column("VARCHAR", "its English name; its own where there is none")
    origin: str = column(
        "VARCHAR",
        "delivered; derived from others; message = made of the text; id = company or sales person, never a feature",
        isin=["delivered", "derived", "message", "id"],
    )
    kind: str = column(
        "VARCHAR",
        "number, category, text, id; joined = several categories together, read by their win rate; rate = a delivered "
        "win rate, reckoned anew",
        isin=["number", "category", "joined", "rate", "text", "id"],
    )
    leads: int = column("BIGINT", "leads that had come in", ge=1, unit="leads")
    filled_share: float = column("DOUBLE", "share of them with a value", ge=0, le=1, unit="share")
    distinct_values: int = column("BIGINT", "values that differ, written in one way", ge=0)
    done: str = column(
        "VARCHAR",
        "kept; dropped_missing: too few have a value; dropped_constant: one value; left_out: it seems to know the "
        "outcome; recomputed: a rate, reckoned out of fold; not_a_feature: an id",
        isin=["kept", "dropped_missing", "dropped_constant", "left_out", "recomputed", "not_a_feature"],
    )
    merged_values: int = column("BIGINT", "rare values that were merged into (other)", ge=0)
    merged_leads: int = column("BIGINT", "leads that have one of them", ge=0, unit="leads")
    why: str = column("VARCHAR", "the reason of what was done")
    known: int = column("BIGINT", "leads whose outcome was known, of which the evidence is", ge=0, unit="leads")
    auc: float = column(
        "DOUBLE", "how well its values alone tell outcomes apart, out of fold: ROC-AUC", nullable=True, ge=0, le=1
    )
    pure_share: float = column(
        "DOUBLE", "share of known leads whose value has one outcome only", nullable=True, ge=0, le=1, unit="share"
    )
    filled_converted: float = column(
        "DOUBLE", "share with a value among those that converted", nullable=True, ge=0, le=1, unit="share"
    )
    filled_not: float = column(
        "DOUBLE", "share with a value among those that did not", nullable=True, ge=0, le=1, unit="share"
    )
    leak: str = column(
        "VARCHAR",
        "declared by the reference data; suspected by evidence; allowed though suspected; id = its own rate would "
        "know it, and no model reads it; none",
        isin=["declared", "suspected", "allowed", "id", "none"],
    )
    leak_reason: str = column("VARCHAR", "what speaks for it", nullable=True)

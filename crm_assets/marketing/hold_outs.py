"""Who is held out of a campaign: a hash of campaign and customer, so that no list of the chosen needs to be kept."""

from __future__ import annotations

HEX_DIGITS = 8  # of the hash that decide: one in four billion is fine enough for a share


def holdout_below(share: float) -> str:
    """The hexadecimal digits below which a hash falls with this chance; texts of one length compare as their numbers.

    Args:
        share: planned share of the control, above 0 and below 1.

    Returns:
        ``HEX_DIGITS`` lower-case digits, ``sql/audiences.sql``'s ``:holdout_below``.
    """
    return f"{min(round(share * 16**HEX_DIGITS), 16**HEX_DIGITS - 1):0{HEX_DIGITS}x}"

"""Campaigns, hold-outs and what stops an export. A part of ``Settings``."""

from __future__ import annotations

from pydantic import BaseModel, Field


class OfMarketing(BaseModel):
    """Campaigns, hold-outs and what stops an export."""

    campaigns_per_customer: int = Field(
        2, ge=1, description="campaigns of a month that reach a customer, at most; each has another goal"
    )
    holdout_share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="share of a campaign's customers who are held out, so that its effect can be measured",
    )
    require_consent: bool = Field(
        False, description="customers of whom no consent is known are in no file; those who refused never are"
    )
    lists_anew: bool = Field(
        False,
        description="make the lists of a month anew although a later month follows it; they are kept otherwise, "
        "because they have been sent, and what was sent is judged",
    )
    export_drift_psi: float = Field(
        0.25, gt=0, description="stability index above which the month's lists are not written"
    )
    report_customers: int = Field(
        3000,
        ge=0,
        description="customers whose cards a report's search finds, those in campaigns first, then by spend; 0 = none",
    )

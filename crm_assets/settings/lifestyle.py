"""Lifestyles, offers and payments. A part of ``Settings``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class OfLifestyle(BaseModel):
    """Lifestyles, offers and payments."""

    lifestyle_months: int = Field(
        3, ge=1, le=36, description="months up to the snapshot's whose spending by category makes a lifestyle"
    )
    lifestyle_category: Literal["major", "middle"] = Field(
        "major", description="which category of a product a lifestyle is told by"
    )
    lifestyle_k: int = Field(
        14, ge=2, le=40, description="number of lifestyles, or the most where customers are few or stability decides"
    )
    lifestyle_rarity: float = Field(
        0.25, ge=0, le=0.5, description="how much rare categories of spend count: 0 = by size, 0.5 = all alike"
    )
    # On Complete Journey's departments 14 lifestyles give an adjusted Rand index of 0.7 between seeds, 7 of 0.98.
    lifestyle_min_stability: float = Field(
        0.0,
        ge=0,
        le=1,
        description="0 = lifestyle_k as it is; else the largest K up to it whose fits of other seeds agree so well "
        "with the first (mean adjusted Rand index)",
    )
    # Of 342 active customers of the sample 14 lifestyles leave 8 without a category that is evident, 6 leave 2.
    lifestyle_min_customers: int = Field(
        50,
        ge=1,
        description="active customers for each lifestyle, in the mean: fewer make fewer lifestyles, or none",
    )
    lifestyle_refit_months: int = Field(
        12, ge=1, description="months after which the lifestyles are fitted anew; ids and names stay"
    )
    lifestyle_refit: bool = Field(False, description="refit the lifestyles of this month")
    lifestyle_difference_share: float = Field(
        0.2, gt=0, le=1, description="share of a lifestyle's members who have a category, from which it can be its own"
    )
    lifestyle_difference_effect: float = Field(
        0.5, ge=0, description="Cohen's h against another lifestyle's share, from which it has what the other has not"
    )
    offers_per_customer: int = Field(3, ge=1, le=20, description="best offers that are kept of a customer, at most")
    low_value_amount: float | None = Field(
        None,
        gt=0,
        description="a receipt below it is of low value; none = a quarter of the shop's median receipt of the "
        "lifestyle's months, because currencies differ",
    )
    recurring_tolerance: float = Field(
        0.1, ge=0, lt=1, description="how far payments may lie from their mean and still be recurring, share of it"
    )
    recurring_most_a_month: int = Field(
        2, ge=1, description="more payments to one payee in a month than these are shopping, and not recurring"
    )

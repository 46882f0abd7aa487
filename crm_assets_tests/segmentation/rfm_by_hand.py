"""RFM by pandas alone: scores, band schemes, grades and types, for tests to compare with; nothing of ours is in it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

BANDS = [  # S4's table, best first: lowest score of each
    (545, "VIP"),
    (511, "Loyal customer"),
    (443, "Potential Loyalists"),
    (411, "New customers"),
    (333, "Promising"),
    (311, "Need Attention"),
    (231, "About To Sleep"),
    (188, "Cannot lose them"),
    (121, "At-Risk"),
    (110, "Hibernating"),
]
STANDARD11 = """
    Champions 555 554 544 545 454 455 445 ·
    Loyal 543 444 435 355 354 345 344 335 ·
    Potential Loyalist 553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333
    323 ·
    New 512 511 422 421 412 411 311 ·
    Promising 525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313 ·
    Need Attention 535 534 443 434 343 334 325 324 ·
    About To Sleep 331 321 312 221 213 231 241 251 ·
    At Risk 255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124 ·
    Cannot Lose 155 154 144 214 215 115 114 113 ·
    Hibernating 332 322 233 232 223 222 132 123 122 212 211 ·
    Lost 111 112 121 131 141 151
"""  # the SPEC's appendix, word for word
WORSE_IS_MORE = {"recency_days": True, "frequency": False, "monetary": False}


def standard11() -> dict[int, str]:
    """cell → band of the scheme of eleven."""
    placed: dict[int, str] = {}
    for part in STANDARD11.split("·"):
        name = " ".join(re.findall(r"[A-Z][A-Za-z]*", part))
        for cell in map(int, re.findall(r"\d{3}", part)):
            assert cell not in placed, cell
            placed[cell] = name
    return placed


def with_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame (recency_days, frequency, monetary) with scores, bands, grade and type."""
    frame = frame.copy()
    for measure, reverse in WORSE_IS_MORE.items():
        rank = frame[measure].rank(method="min", ascending=not reverse)
        frame[f"{measure[0]}_score"] = (1 + np.floor(5 * (rank - 1) / len(frame))).astype(int)
    frame["rfm_score"] = 100 * frame["r_score"] + 10 * frame["f_score"] + frame["m_score"]
    frame["rfm_band"] = frame["rfm_score"].map(lambda s: next(name for low, name in BANDS if s >= low))
    frame["rfm_band_standard11"] = frame["rfm_score"].map(standard11())
    frame["rfm_grade"] = ""
    for measure, reverse in WORSE_IS_MORE.items():
        median = frame[measure].median()
        good = (frame[measure] <= median) if reverse else (frame[measure] >= median)
        frame["rfm_grade"] += np.where(good, "H", "L")
    r, f, m = (frame[f"{s}_score"] for s in "rfm")
    named = [
        (r >= 4) & (f >= 4) & (m >= 4),
        (r >= 4) & (f >= 4) & (m <= 2),
        (r >= 4) & (f <= 2) & (m >= 4),
        (r <= 2) & (f >= 4) & (m >= 4),
    ]
    frame["rfm_type"] = np.select(named, ["core", "hesitant", "new", "lapsed_core"], frame["rfm_grade"])
    return frame

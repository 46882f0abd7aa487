"""The samples of `crm demo`: customers and receipts in L.POINT's shape, or payments of a card, with planted truth.

Here: everything that invents data. Not here: reading, checking or scoring it; the rest of the project meets the
samples only as files. Words and parameters live in data/reference/demo, never in code.
"""

from crm_assets.demo.cards import write_cards
from crm_assets.demo.output import DemoSummary
from crm_assets.demo.writer import write_demo

__all__ = ["DemoSummary", "write_cards", "write_demo"]

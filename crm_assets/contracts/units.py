"""Units of figures whose unit stands in the row, beside the figure.

Money is in the source's currency; ``units`` are pieces of goods; a ``ratio`` is how many times as much. The report's
words for them are under ``units`` of the texts.
"""

UNITS = ["customers", "days", "receipts", "currency", "share", "units", "categories", "ratio"]

"""The sample data set of `crm demo`: customers, receipts and signals in L.POINT's shape, with planted truth.

Here: everything that invents data. Not here: reading, checking or scoring it; the rest of the project meets the
demo only as files. Words and parameters live in data/reference/demo, never in code.
"""

from crm_assets.demo.writer import DemoSummary, write_demo

__all__ = ["DemoSummary", "write_demo"]

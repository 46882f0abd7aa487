"""The monthly report: small frames in, one HTML text out.

Reading the warehouse and writing files is the asset's part.
"""

from crm_assets.charts import Texts
from crm_assets.report.data import ReportData
from crm_assets.report.page import build_report

__all__ = ["ReportData", "Texts", "build_report"]

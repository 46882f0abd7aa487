"""What sort of customer somebody is: RFM and its bands, attributes, types by clustering and their names, claims.

Pure functions over frames. What new customers will become is in ``prediction``.
"""

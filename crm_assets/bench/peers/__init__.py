"""The ways from the same lines to the same RFM scores and 31 columns, and to the same rules: ours and those of others.

``inputs`` is what all of them read. A way is a module with ``measured(folder)``, which reads, works and tells how many
rows came out; those of RFM and features also have ``rfm_and_features``, by which a test holds them against each other.
"""

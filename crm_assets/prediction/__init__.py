"""The type that a new customer will be of: rows to learn from, the model, how good it is, when it is replaced.

Pure functions over frames; nothing here reads the warehouse, and the types themselves are made in ``segmentation``.
"""

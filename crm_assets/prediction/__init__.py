"""The type that a new customer will be of: rows to learn from, the model, how good it is, when it is replaced.

Pure functions over frames; what they need is read by ``labelled``, ``new_customers``, ``registry`` and ``training``.
The types themselves are made in ``segmentation``.
"""

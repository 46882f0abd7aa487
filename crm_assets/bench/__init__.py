"""``crm bench``: what the pipeline costs, beside the limit of the machine and beside its peers.

``run`` says what is measured and in what order; ``results`` keeps it, ``limits`` judges it, ``table``, ``chart`` and
``readme`` show it. Everything that is measured is a ``program``: a process of its own.
"""

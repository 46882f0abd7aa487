"""From the files of the landing folder to the lines of a month: mappings, reading, ledger, quarantine.

What is made of receipts does not belong here.
"""

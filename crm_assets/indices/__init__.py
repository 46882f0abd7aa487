"""Customer indices: what a customer does more, or less, than others, and models' answers on 0–100.

``definitions`` reads the file that says which there are, ``evidence`` tests a customer's share, ``engine`` lays both
out for the queries. Floor: beside lifestyle.
"""

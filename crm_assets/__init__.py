"""A retailer's receipts, turned into knowledge and action.

    landing/ ─▶ landed_files ─▶ raw_transactions ─▶ receipts ─▶ rfm_scores ─▶ cluster_assignments ─▶ segment_profiles
                     │                                  │                             │               and their likes
                     ├─▶ customers, products,           └──▶ feature_table ──▶ lightgbm_model
                     │   branches, daily_signals,                 └─────────────────▶ new_customer_predictions
                     │   marketing_responses                                                        │
    calendar ────────┘                 report ◀── segment_migration, customer_moves ◀── customer_types
                                (raw_transactions and all to its right: one partition a month; then published, a copy)

Floors, bottom up: ``contracts`` ← ``settings`` ← domain functions, ``sql``, ``warehouse``, ``charts`` ← ``defs`` ←
``cli``. An import never goes up; Dagster is known in ``defs``, ``definitions`` and ``cli`` only.
"""

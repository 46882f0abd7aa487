"""A retailer's receipts, turned into knowledge and action.

    landing/ ─▶ landed_files ─▶ raw_transactions ─▶ receipts ─▶ rfm_scores ─▶ cluster_assignments ─▶ segment_profiles
                     │                                  │                             │               and their likes
                     ├─▶ customers, products,           ├──▶ product_days ──▶ first_purchase_features
                     │   branches, daily_signals,       └──▶ feature_table ───────────┤
                     │   marketing_responses, incomes                                 ▼
    calendar ────────┘       model_comparison, feature_importance ◀───────── lightgbm_model ──▶ new_customer_predictions
                                                                                                    │
              report ◀── segment_migration, customer_moves ◀── customer_types, prediction_outcomes ◀┘
                                (raw_transactions and all to its right: one partition a month; then published, a copy)

From the same lines: ``category_spend`` ─▶ lifestyles and offers; ``association_rules`` ─▶ bundles;
``article_purchases`` ─▶ ``recommendations``; ``customer_indices``. From ``leads`` ─▶ ``lead_scores``. From all of it:
``customer_strategies`` ─▶ ``audiences`` ─▶ ``campaigns`` ─▶ ``campaign_results``.

Floors, from the ground up: ``contracts`` ← ``settings`` ← ``statistics``, ``warehouse`` ← ``charts``, ``receipts``,
``segmentation`` ← ``prediction``, ``retention``, ``lifestyle``, ``merchandising``, ``indices``, ``leads``,
``marketing`` ← ``report`` ← ``explain`` ← ``defs`` ← ``cli``. An import never goes up or across; Dagster is known in
``defs``, ``definitions``, ``refresh`` and ``cli`` only: ``test_floors`` says so.
What is called ``segmentation`` is called so everywhere: its functions, its assets under ``defs``, its tests.
"""

import warnings

# Where PySpark is installed pandera imports its pandas, which nothing here uses and which complains of pandas 3.
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

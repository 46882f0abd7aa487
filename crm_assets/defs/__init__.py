"""The top floor: Dagster objects only, a folder per group in the UI, a file per asset."""

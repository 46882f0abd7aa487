"""Statistics that know nothing of retail: effect sizes, corrected tests, intervals, stability of distributions."""

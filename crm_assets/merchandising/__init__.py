"""What is bought together and what is bought next: baskets, rules, recommendations. Floor: beside lifestyle."""

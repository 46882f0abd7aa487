"""What customers' spending tells of their lives, and what fits it: pure functions on rows. Floor: beside retention."""

"""Who stays, moves and goes. Pure functions over frames; the counting itself is SQL."""

"""From knowledge to action: strategies, campaigns and their audiences, what an export must pass, what came of it."""

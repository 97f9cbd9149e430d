"""W1, the reference workload: one policy, several ways to find out how often it rolls back, and how fast each is."""

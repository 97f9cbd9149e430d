"""Foreign controllers at work: one rollout, or a million, under a machine of their own."""

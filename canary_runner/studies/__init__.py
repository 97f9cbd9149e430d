"""Questions about a policy, answered over many rollouts."""

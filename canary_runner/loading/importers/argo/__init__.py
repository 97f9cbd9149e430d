"""Rollouts of Argo: `rollout` reads one, `steps` its steps, `analysis` and `metrics` what it measures."""

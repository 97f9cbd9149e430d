"""Flagger's Canary, with the MetricTemplates of the same file."""

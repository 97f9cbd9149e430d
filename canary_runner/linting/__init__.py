"""Advice about a valid policy on a service, with the arithmetic behind it: one rule a file, in `rules`."""

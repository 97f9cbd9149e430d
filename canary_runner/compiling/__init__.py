"""Meaning: a policy, a service and a scenario become a plan, automata and laws."""

"""What things are: policies, services, plans, results, diagnostics. Frozen values, standard library only."""

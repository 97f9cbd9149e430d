"""PromQL, as far as it is safe to say what an expression measures."""

"""The oracle: rollouts one request at a time, as LANGUAGE.md reads, slow and obvious. It knows no engine."""

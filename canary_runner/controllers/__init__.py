"""The rules by which rollouts move, one controller a file, each a pair of pure functions."""

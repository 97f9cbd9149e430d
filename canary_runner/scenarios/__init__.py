"""The truth about a release: time -> the rates of both arms, pure and exact."""

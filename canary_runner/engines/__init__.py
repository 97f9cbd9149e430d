"""Running a plan: words become counts, counts become outcomes, outcomes move the automaton."""

"""`python -m canary_runner` is `canary-run`."""

from canary_runner.cli.entry import main

if __name__ == "__main__":
    main()

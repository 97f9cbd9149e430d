"""Mathematics without domain words: laws of counts, tails, critical values, score tests."""

"""The oracle: LANGUAGE.md told again, slowly, one request at a time, and compared with the engines."""

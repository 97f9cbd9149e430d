"""Results become text; one file per format, values in, `str` out. No terminal, no files, no colours decided here."""

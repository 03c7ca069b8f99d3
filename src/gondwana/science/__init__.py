"""The science: arrays in, arrays out. No file, no web, no database, no message is known here."""

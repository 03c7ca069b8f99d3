"""Maps, checks and tables on one self-contained page."""

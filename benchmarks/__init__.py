"""Measurements against the targets, one module a part of the science; medians, one command each."""

"""The steps from a topography to boundary conditions, each declared once."""

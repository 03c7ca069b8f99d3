"""Reading any topography or ocean grid; writing the files of IPSL tools with their provenance."""

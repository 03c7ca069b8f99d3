"""Fields of files as pictures: read with limits, projected, coloured, compared, cut by a line."""

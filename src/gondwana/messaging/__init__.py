"""Messages between dispatcher and workers: what they say, where they go, how they travel."""

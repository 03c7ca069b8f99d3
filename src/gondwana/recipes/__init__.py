"""A build as YAML, and the headless runner behind ``gondwana build``."""

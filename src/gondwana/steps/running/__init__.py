"""What the steps in Python do: a module each, loaded when its step is first run."""

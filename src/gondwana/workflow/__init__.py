"""The heart of the workflow: which step runs when. Decisions alone; no file, clock or message."""

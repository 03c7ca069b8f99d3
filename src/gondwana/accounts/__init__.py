"""Who somebody is and what they may do: passwords, roles, permissions. No rows, no requests."""

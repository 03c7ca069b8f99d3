"""What is kept: rows in SQLite or PostgreSQL, and files by their checksum on any file system.

Functions take a session and leave the end of the transaction to whoever opened it, so that a
change and the message about it are stored together or not at all.
"""

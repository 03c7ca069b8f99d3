"""Takes tasks from the broker and runs them, each in a child process.

A worker knows neither database nor users: what it needs comes with the task, and what it has made
goes into the store of files.
"""

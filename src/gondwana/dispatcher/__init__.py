"""Joins the state machine of the workflow to the database and the broker.

What happens to a project, a person's wish, a worker's message or a timer, is put to the state
machine, and what it answers is stored with the new state, messages included, in one transaction.
"""

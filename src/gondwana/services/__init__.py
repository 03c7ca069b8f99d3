"""The use cases: the only door for command line, pages and REST.

Each function takes the platform and who acts, checks once what they may do, does its work in one
transaction, and returns plain frozen data. What a person asks for is stored and told to the
dispatcher through the outbox; nothing is run here.
"""

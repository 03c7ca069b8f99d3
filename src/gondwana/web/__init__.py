"""Gondwana over HTTP: the pages for people and the REST API for scripts, as a Flask application."""

"""Gondwana over HTTP: what services do, as resources."""

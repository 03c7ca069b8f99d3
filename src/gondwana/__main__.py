"""``python -m gondwana`` is the command line."""

from gondwana.cli.main import main

main()

"""The command line: thin commands that speak through the client."""

"""What ``import genyard`` gives: the client of the HTTP API. It imports only core."""

"""Settle as its users run it: real processes, the HTTP API, and the books read from the services' own files."""

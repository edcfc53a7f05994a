"""What an application calls to be seen: OpenTelemetry set up, functions, sessions, scores. It never raises there."""

"""OTLP: requests decoded from protobuf and JSON, and the answers to them."""

"""Jobs that string the phases together."""

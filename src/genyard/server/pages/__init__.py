"""The pages: pure functions from records to views, templates over views, one style sheet, small scripts."""

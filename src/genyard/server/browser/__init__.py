"""The pages as routes: each reads with the operations of the rooms and renders a view."""

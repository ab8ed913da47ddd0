"""The view model: what a reader sees, format-free."""

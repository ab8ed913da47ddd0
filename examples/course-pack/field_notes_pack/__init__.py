"""A course pack; its folder is all that matters, and nothing here is ever imported."""

"""Many journals at once: what a class handed in, read with suspicion."""

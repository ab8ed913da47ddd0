"""Runs the lab and records what happens. Its only import from journal is journal.record."""

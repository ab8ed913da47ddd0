"""Readers of other tools' files, one module a format. Each gives events and invents nothing."""

"""From the report to bytes, one small module a format."""

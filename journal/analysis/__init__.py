"""Pure functions of a run: curves, findings, intervals, expectations."""

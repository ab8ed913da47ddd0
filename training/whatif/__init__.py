"""Answering "what if" by measurement: the settings of a run varied, each variation a run itself."""

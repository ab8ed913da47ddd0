"""The parts of the packed encoder: what a model holds, how reviews are packed, what is computed."""

"""What came of a run, for people and for machines: terminal text, patch, JSON. Knows the model only."""

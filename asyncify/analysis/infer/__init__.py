"""Inference of kinds: a flow-sensitive walk of every body, and a fixpoint over cells between bodies."""

"""LibCST lives here and nowhere else: find the nodes that a plan names, apply its operations, print, verify."""

"""The whole program over the standard `ast`. Nothing here imports LibCST or changes anything."""

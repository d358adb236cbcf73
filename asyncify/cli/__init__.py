"""The commands: flags in, report out, exit code. One small file each; no decisions."""

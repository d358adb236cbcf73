"""Plain frozen data that passes between the layers. Nothing here imports another layer."""

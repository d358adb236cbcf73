"""Loads what will be read: loader options, and columns that would load themselves."""

from asyncify.transforms.eager.transform import EAGER

__all__ = ["EAGER"]

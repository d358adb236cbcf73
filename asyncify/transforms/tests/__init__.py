"""`tests`: async clients, fixtures, mocks and settings for a suite whose app becomes async."""

from asyncify.transforms.tests.transform import TESTS

__all__ = ["TESTS"]

"""Methods of other libraries that are given a query or select and give it back with more in it.

Sources: fastapi-filter `Filter`; sqlalchemy-filters; sqlalchemy-searchable.
"""

from __future__ import annotations

BUILDERS = frozenset(
    "filter sort apply search where order order_by apply_filter apply_filters apply_sort apply_loads "
    "apply_sorting".split()
)

#: the same, with something beside it. Source: sqlalchemy-filters 0.13, pagination.py
BUILDING_PAIRS = frozenset({"apply_pagination"})

"""The links through which a query went before it is used."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from asyncify.analysis.source import SourceFile
from asyncify.transforms.query.uses import Site, Uses, link_around, method_of


@dataclass(frozen=True)
class Chain:
    """What happened to a query up to a place.

    links: calls of its methods, innermost first. exact: whether these are all, in this order, on the query of
    `site`, or on what the set operation `combined` made; else they are all that may have been called on the queries
    that can be here.
    """

    links: tuple[ast.Call, ...]
    site: Site | None
    combined: ast.Call | None = None

    @property
    def exact(self) -> bool:
        """Whether the whole chain is one expression."""
        return self.site is not None or self.combined is not None

    @property
    def methods(self) -> frozenset[str]:
        """The names of the methods."""
        return frozenset(method_of(call) for call in self.links)

    def named(self, *methods: str) -> list[ast.Call]:
        """The links of some names, in order."""
        return [call for call in self.links if method_of(call) in methods]


def chain_of(uses: Uses, node: ast.AST) -> Chain:
    """The chain that ends with an expression that holds a query."""
    found: list[ast.Call] = []
    current = node
    while isinstance(current, ast.Call) and isinstance(current.func, ast.Attribute) and current not in uses.sites:
        if current.func.value not in uses.holds or uses.combines(current):
            break
        found.append(current)
        current = current.func.value
    found.reverse()
    if isinstance(current, Site) and current in uses.sites:
        return Chain(tuple(found), current)
    if isinstance(current, ast.Call) and uses.combines(current):
        return Chain(tuple(found), None, current)
    sites = uses.holds[current].sites
    if not uses.is_combined(current):  # what was called on the operands is theirs
        sites = uses.ancestry(sites)
    before = [call for site in sites for call in uses.links.get(site, ()) if call in uses.holds]
    return Chain(tuple(dict.fromkeys([*before, *found])), None)


@dataclass(frozen=True)
class Outward:
    """What is called on the query of a site, in one expression.

    links: the calls that give a query again, in order. end: the call after them, which gives something else.
    """

    links: tuple[ast.Call, ...]
    end: ast.Call | None

    @property
    def methods(self) -> frozenset[str]:
        """The names of the links."""
        return frozenset(method_of(call) for call in self.links)


def outward(uses: Uses, site: Site) -> Outward:
    """The chain that begins with a site."""
    source: SourceFile = uses.sites[site]
    node: ast.expr = site
    links: list[ast.Call] = []
    while (call := link_around(source, node)) is not None:
        if call not in uses.holds:
            return Outward(tuple(links), call)
        links.append(call)
        node = call
    return Outward(tuple(links), None)

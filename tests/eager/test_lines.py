"""Statements that are put in keep to the width of a line: the longest bracket goes over lines, and so on inside."""

from __future__ import annotations

import ast

import pytest

from asyncify.transforms.eager.lines import call, selection

LONG = "joinedload(Order.customer).options(joinedload(Customer.address), selectinload(Customer.phones))"


def test_short_ones_stay_on_a_line() -> None:
    assert call("db.get", ["User", "key"], 40) == "db.get(User, key)"


def test_a_long_list_goes_over_lines_and_a_long_option_too() -> None:
    text = call("db.get", ["Order", "key", f"options=[{LONG}, selectinload(Order.items)]"], 60, ".x")
    assert text == (
        "db.get(\n"
        "    Order,\n"
        "    key,\n"
        "    options=[\n"
        "        joinedload(Order.customer).options(\n"
        "            joinedload(Customer.address),\n"
        "            selectinload(Customer.phones),\n"
        "        ),\n"
        "        selectinload(Order.items),\n"
        "    ],\n"
        ").x"
    )


@pytest.mark.parametrize(
    "text",
    [
        selection("select", "Order", [LONG, LONG], "Order.id.in_([one.id for one in orders])", 50),
        call("f", ['g("a, b(", [x for x in many_items_that_are_here], (1, 2))', "h()"], 20),
        call("f", ["g(a_name_that_is_longer_than_the_line)"], 10),
        call("f", ["(a_name_that_is | longer)", "table[a_name_that_is_longer]", "[[a_name_that_is_longer]]"], 10),
    ],
)
def test_what_is_broken_means_the_same(text: str) -> None:
    assert "\n" in text
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(" ".join(line.strip() for line in text.splitlines())))

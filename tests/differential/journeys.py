"""How a query gets from where it begins to where it runs: at once, through names, branches and loops, or functions."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from hypothesis import strategies as st

from .chains import Chain, chains
from .results import results


@dataclass(frozen=True)
class Case:
    """A function of `db`. outside: what it needs in the module, with NUMBER for its own number. body: statements."""

    outside: str
    body: str

    def source(self, number: int) -> str:
        """The text of it."""
        body = textwrap.indent(self.body, "    ")
        return f"{self.outside}\n\ndef case_{number}(db: Session):\n{body}\n".replace("NUMBER", str(number))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A chain, how it travels, and its result."""
    chain = draw(chains(plain=draw(st.integers(0, 3)) == 0))
    ways = (_direct,) * 5 + (_statements, _branches, _loop, _starred, _helper, _maker, _repository, _inner, _either)
    way = draw(st.sampled_from(ways))
    moved = chain.head + "".join(chain.links)
    if way in (_maker, _repository, _helper, _inner) and (chain.before or moved.count("db") > 1):
        way = _statements
    outside, statements, query = draw(way(chain))
    lines = [*chain.before, *statements, draw(results(chain, query))]
    return Case(outside, "\n".join(lines))


def _direct(chain: Chain) -> st.SearchStrategy[tuple[str, list[str], str]]:
    return st.just(("", [], chain.text))


@st.composite
def _statements(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    cut = draw(st.integers(0, len(chain.links)))
    first = f"query = {chain.head}{''.join(chain.links[:cut])}"
    return "", [first, *(f"query = query{link}" for link in chain.links[cut:])], "query"


@st.composite
def _branches(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    lines = ["wanted = len('some')", f"query = {chain.head}"]
    for link in chain.links:
        test = draw(st.sampled_from(["", "", "if wanted:", "if wanted > 9:"]))
        lines.append(f"{test}\n    query = query{link}" if test else f"query = query{link}")
    return "", lines, "query"


@st.composite
def _loop(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    number = draw(chain.root.numbers())
    loop = f"for low in (None, 0, 1):\n    if low is not None:\n        query = query.filter({number} >= low)"
    return "", [f"query = {chain.head}", loop, f"query = query{''.join(chain.links)}"], "query"


@st.composite
def _starred(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    number = draw(chain.root.numbers())
    form = draw(st.sampled_from(["*where", "and_(*where)", "*[c for c in where]"]))
    lines = [f"where = [{number} > 0]", f"where.append({chain.root.text}.id < 9)"]
    return "", lines, f"{chain.head}.filter({form}){''.join(chain.links)}"


@st.composite
def _helper(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    hint, returns = draw(st.sampled_from([(": Query", " -> Query"), ("", "")]))
    text = f"\n\ndef narrow_NUMBER(query{hint}, low=0){returns}:\n    return query{''.join(chain.links)}\n"
    return text, [], f"narrow_NUMBER({chain.head})"


@st.composite
def _inner(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    lines = [f"def narrow(query):\n    query = query{''.join(chain.links)}\n    return query"]
    return "", lines, f"narrow({chain.head})"


@st.composite
def _maker(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    name = draw(st.sampled_from(["db", "session"]))
    returned = chain.text.replace("db", name)
    text = f"\n\ndef made_NUMBER({name}: Session):\n    return {returned}\n"
    form = draw(st.sampled_from(["made_NUMBER(db)", f"made_NUMBER({name}=db)"]))
    if draw(st.booleans()):
        return text, [], form
    return text, [f"query = {form}"], "query"


@st.composite
def _repository(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    head, links = chain.head.replace("db", "self.db"), "".join(chain.links)
    text = (
        "\n\nclass Repo_NUMBER:\n    def __init__(self, db: Session):\n        self.db = db\n\n"
        f"    def base(self):\n        return {head}\n\n"
        f"    def found(self):\n        query = self.base()\n        return query{links}\n"
    )
    return text, ["repo = Repo_NUMBER(db)"], "repo.found()"


@st.composite
def _either(draw: st.DrawFn, chain: Chain) -> tuple[str, list[str], str]:
    links = "".join(chain.links)
    return "", [f"query = {chain.head}{links} if db else {chain.head}"], "query"

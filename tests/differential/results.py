"""What a program does with a query: how it is run, or what it becomes a part of."""

from __future__ import annotations

from hypothesis import strategies as st

from .chains import Chain
from .expressions import LETTERS

METHODS = ("all", "all", "first", "first", "one", "one_or_none", "scalar", "count", "count")
SLICES = ("[0:2]", "[1:]", "[:2]", "[1:3]", "[0]", "[1]", "[9]", "[0:3:2]", "[:]", "[2:2]", "[low:low + 2]", "[-1]")
UPDATES = ("", ", synchronize_session=False", ", synchronize_session='fetch'", ", synchronize_session='evaluate'")


@st.composite
def results(draw: st.DrawFn, chain: Chain, query: str) -> str:
    """Statements that end with `return`. query: an expression for the query of the chain."""
    kinds = ["run"] * 6 + ["slice", "slice", "iterate", "iterate", "exists", "subquery", "twice", "truth", "value"]
    kinds += ["set"] + ["change"] * 3 * chain.criteria + ["get"] * (chain.criteria and not chain.links)
    kind = draw(st.sampled_from(kinds))
    if kind == "run":
        return f"return {query}.{draw(st.sampled_from(METHODS))}()"
    if kind == "slice":
        return f"low = len('x')\nreturn {query}{draw(st.sampled_from(SLICES))}"
    if kind == "get":
        key = draw(st.sampled_from(["1", "2", "99", "ident=1", "(1,)", "{'id': 2}"]))
        return f"return {query}.get({key})"
    return draw({"iterate": _iterated, "exists": _exists, "subquery": _subquery, "twice": _twice, "truth": _truth,
                 "value": _value, "set": _set, "change": _changed}[kind](chain, query))  # fmt: skip


@st.composite
def _iterated(draw: st.DrawFn, chain: Chain, query: str) -> str:
    each = "x.id" if chain.entity else "x[0]"
    forms = [
        f"return list({query})",
        f"return [x for x in {query}]",
        f"return [x for x in {query}.all()]",
        f"return [{each} for x in {query}]",
        f"found = []\nfor x in {query}:\n    found.append({each})\nreturn found",
        f"return len({query}.all())",
        f"return tuple({query})",
        f"return [(i, x) for i, x in enumerate({query})]",
        f"return [*{query}]",
        f"return next(iter({query}), None)",
        f"return {{str({each}): 1 for x in {query}}}",
        f"found = {query}.all()\nfound.append(None)\nreturn found, found == []",
        f"return any(x is None for x in {query})",
        f"return max(({query}), key=repr, default=None) is None",
    ]
    if chain.entity:
        forms += [f"return [d['name'] for d in {query}.column_descriptions]"]
        forms += [f"return [vars(x).get('id') for x in {query}]"]
        forms += [f"it = {query}.first()\nreturn it in {query}.all(), it in db"]
    elif chain.arity == 2:
        forms += [f"return [b for a, b in {query}]", f"return [tuple(x) for x in {query}]"]
        forms += [f"return {{str(a): b for a, b in {query}.all()}}", f"a, b = {query}.first() or (0, 1)\nreturn b"]
        forms += [f"return [list(x._mapping.values()) for x in {query}]"]
    else:
        forms += [f"return [x for x, in {query}]", f"return [x[0] for x in {query}.all()]"]
    return draw(st.sampled_from(forms))


@st.composite
def _exists(draw: st.DrawFn, chain: Chain, query: str) -> str:
    forms = (
        f"return db.query({query}.exists()).scalar()",
        f"return db.query(literal(True)).filter({query}.exists()).scalar()",
        f"return db.query(Team).filter({query}.exists()).order_by(Team.id).all()",
        f"return db.query(Team.id).filter(~{query}.exists()).all()",
        f"return db.query(Team, {query}.exists()).order_by(Team.id).all()",
        f"return bool(db.query({query}.exists()).scalar())",
        f"return {query}.first() is not None",
        f"return {query}.count() > 1",
        f"return db.scalar(select({query}.exists()))",
    )
    return draw(st.sampled_from(forms))


@st.composite
def _subquery(draw: st.DrawFn, chain: Chain, query: str) -> str:
    if not chain.entity:
        forms = [
            f"sub = {query}.subquery()\nreturn db.query(sub).all()",
            f"sub = {query}.subquery()\nreturn db.query(func.count()).select_from(sub).scalar()",
            f"sub = {query}.cte('sub')\nreturn db.query(sub).all()",
        ]
        if chain.arity == 1:
            forms += [f"return db.query(Team).filter(Team.id.in_({query})).all()"]
            forms += [f"return db.query(Team.id, {query}.limit(1).scalar_subquery()).all()"]
            forms += [f"return db.query(Team.id, {query}.limit(1).label('one')).all()"]
        return draw(st.sampled_from(forms))
    forms = [
        f"sub = {query}.subquery()\nreturn db.query(sub.c.id).order_by(sub.c.id).all()",
        f"sub = {query}.subquery('named')\nreturn db.query(func.count(sub.c.id)).scalar()",
        f"sub = {query}.cte()\nreturn db.query(sub.c.id).order_by(sub.c.id).all()",
        f"sub = {query}.subquery()\nreturn db.query(Team, sub.c.id).filter(Team.id == sub.c.id).all()",
        f"sub = {query}.subquery()\nreturn db.query(Team).join(sub, sub.c.id == Team.id).order_by(Team.id).all()",
        f"part = aliased({chain.root.model.name}, {query}.subquery())\nreturn db.query(part).order_by(part.id).all()",
        f"return db.query({query}.subquery()).count()",
        f"return db.execute({query}.statement).all()",
        f"return db.execute({query}.statement.limit(1)).scalars().first()",
    ]
    return draw(st.sampled_from(forms))


@st.composite
def _twice(draw: st.DrawFn, chain: Chain, query: str) -> str:
    ends = st.sampled_from(["q.all()", "q.count()", "q.first()", "q.limit(1).all()", "list(q)", "q.offset(1).first()"])
    first, second = draw(ends), draw(ends)
    forms = (
        f"q = {query}\nreturn {first}, {second}",
        f"q = {query}\ntotal = q.count()\nitems = q.limit(2).offset(0).all()\nreturn total, items",
        f"q = {query}\nif not q.count():\n    return None\nreturn {first}",
        f"q = {query}\nfor x in q:\n    return x, {second}\nreturn None",
    )
    return draw(st.sampled_from(forms))


@st.composite
def _truth(draw: st.DrawFn, chain: Chain, query: str) -> str:
    forms = (
        f"q = {query}\nif q:\n    return q.first()\nreturn 'none'",
        f"q = {query}\nreturn q.all() if q and q.count() > 1 else 'few'",
        f"q = {query}\nif q and q.first():\n    return 'some'\nreturn 'none'",
        f"q = {query}\nif not q or not q.count():\n    return 'none'\nreturn 'some'",
        f"q = None\nif db:\n    q = {query}\nreturn q.all() if q is not None else []",
        f"return 'some' if {query}.all() else 'none'",
        f"q = {query}\nreturn bool(q)",
        f"q = {query}\nassert q\nreturn q.count()",
    )
    return draw(st.sampled_from(forms))


@st.composite
def _value(draw: st.DrawFn, chain: Chain, query: str) -> str:
    column = draw(chain.root.numbers())
    forms = (
        f"return {query}.value({column})",
        f"return list({query}.values({column}, {chain.root.text}.id))",
        f"return {query}.with_entities({column}).all()",
        f"return {query}.with_entities(func.count({column})).scalar()",
        f"return [n for n, in {query}.with_entities({column})]",
        f"return {query}.with_entities({column}).distinct().count()",
        f"return {query}.with_entities(func.max({column}), func.min({column})).one()",
        f"return str({query}.whereclause)",
    )
    return draw(st.sampled_from(forms))


@st.composite
def _set(draw: st.DrawFn, chain: Chain, query: str) -> str:
    method = draw(st.sampled_from(["union", "union_all", "intersect", "except_"]))
    more = draw(
        st.sampled_from(["", f".order_by({chain.root.text}.id)", ".limit(2)", f".filter({chain.root.text}.id > 1)"])
    )
    end = draw(st.sampled_from([".all()", ".count()", ".first()", "[0:2]", ".subquery()"]))
    whole = f"one.{method}(two){more}{end}"
    result = whole if end != ".subquery()" else f"db.query(func.count()).select_from({whole}).scalar()"
    return f"one = {query}\ntwo = db.query({chain.root.text})\nreturn {result}"


@st.composite
def _changed(draw: st.DrawFn, chain: Chain, query: str) -> str:
    rest = draw(st.sampled_from(UPDATES))
    name = chain.root.model.name
    columns = [n for n in chain.root.model.numbers if n not in ("id", "twice", "written")]
    if not columns or draw(st.integers(0, 2)) == 0:
        before, after = "", ""
    else:
        before, after = f"kept = db.query({name}).order_by({name}.id).first()\n", f", kept.{columns[0]}"
    ordered = f"order_by({name}.id).all()"
    forms = [f"{before}n = {query}.delete({rest.removeprefix(', ')})\nreturn n, db.query({name}.id).{ordered}"]
    for column in columns[:2]:
        own = f"{name}.{column}"
        updates = (f"{{'{column}': 7}}", f"{{{own}: 7}}", f"{{'{column}': {own} + 1}}", f"dict({column}=None)")
        values = draw(st.sampled_from(updates))
        forms += [f"{before}n = {query}.update({values}{rest})\nreturn n{after}, db.query({name}).{ordered}"]
        forms += [f"{query}.update({values}{rest})\nreturn db.query({own}).{ordered}"]
    if "name" in chain.root.model.strings:
        letter = draw(st.sampled_from(LETTERS))
        forms += [f"return {query}.update({{'name': {letter}}}{rest}), db.query({name}).{ordered}"]
    return draw(st.sampled_from(forms))

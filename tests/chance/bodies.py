"""Function bodies by chance: a few statements of those that people write with a session and its instances."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from .schema import Model, Relation


@dataclass(frozen=True)
class Function:
    """A function of the app that others call. takes: instances. gives: a class, with many a list, or None: plain."""

    name: str
    takes: tuple[Model, ...]
    gives: Model | None
    many: bool = False


@dataclass
class Variable:
    """A name of a body. many: a list of instances. given: by who calls, and may be used there afterwards."""

    name: str
    model: Model
    many: bool = False
    given: bool = False


class Body:
    """Lines of one function. db: how the session is written there. called: how helpers are called."""

    def __init__(
        self, random: Random, models: list[Model], helpers: list[Function], call: Callable[[str], str], db: str
    ) -> None:
        self.random, self.models, self.helpers, self.call, self.db = random, models, helpers, call, db
        self.lines: list[str] = []
        self.variables: list[Variable] = []
        self._indent, self._count = 1, 0
        self._legacy = random.random() < 0.5

    # lines and names

    def put(self, line: str) -> None:
        """Add a line where the body is."""
        self.lines.append("    " * self._indent + line)

    @contextmanager
    def block(self, line: str):  # type: ignore[no-untyped-def]
        """A statement with a block of its own: what it names is gone behind it."""
        self.put(line)
        known, length = [*self.variables], len(self.lines)
        self._indent += 1
        yield
        if len(self.lines) == length:
            self.put("pass")
        self._indent -= 1
        self.variables = known

    def new(self, model: Model, many: bool = False) -> Variable:
        """A name that is not taken."""
        self._count += 1
        return Variable(f"{model.table if many else model.name.lower()}_{self._count}", model, many)

    def one(self) -> Variable | None:
        """One of the instances at hand, the last ones more often."""
        known = [v for v in self.variables if not v.many]
        return self.random.choice(known[-3:]) if known else None

    def of(self, model: Model) -> Variable | None:
        """An instance of a class."""
        known = [v for v in self.variables if v.model is model and not v.many]
        return self.random.choice(known) if known else None

    # statements

    def load(self, model: Model, key: str) -> None:
        """An instance by its key, or 404."""
        variable, name = self.new(model), model.name
        if self._legacy:
            found = self.random.choice(
                [
                    f"{self.db}.query({name}).filter({name}.id == {key}).first()",
                    f"{self.db}.query({name}).get({key})",
                    f"{self.db}.query({name}).filter_by(id={key}).one_or_none()",
                ]
            )
        else:
            found = self.random.choice(
                [
                    f"{self.db}.get({name}, {key})",
                    f"{self.db}.scalar(select({name}).where({name}.id == {key}))",
                    f"{self.db}.execute(select({name}).where({name}.id == {key})).scalar_one_or_none()",
                    f"{self.db}.scalars(select({name}).where({name}.id == {key})).first()",
                ]
            )
        self.put(f"{variable.name} = {found}")
        with self.block(f"if {variable.name} is None:"):
            self.put("raise HTTPException(404)")
        self.variables.append(variable)

    def load_many(self) -> None:
        """Some instances, in the order of their keys."""
        model = self.random.choice(self.models)
        variable, name = self.new(model, many=True), model.name
        condition = self.random.choice(["", f"{name}.size > 3", f'{name}.name != "x"', *self._by_parent(model)])
        if self._legacy:
            where = f".filter({condition})" if condition else ""
            self.put(f"{variable.name} = {self.db}.query({name}){where}.order_by({name}.id).all()")
        else:
            where = f".where({condition})" if condition else ""
            self.put(f"{variable.name} = {self.db}.scalars(select({name}){where}.order_by({name}.id)).all()")
        self.variables.append(variable)

    def _by_parent(self, model: Model) -> list[str]:
        return [f"{model.name}.{r.key} == {v.name}.id" for r in model.keys if (v := self.of(r.target))]

    def follow(self) -> None:
        """What an instance refers to, or has."""
        owner = self.one()
        if owner is None or not owner.model.relations:
            return
        relation = self.random.choice(owner.model.relations)
        variable = self.new(relation.target, relation.many)
        self.put(f"{variable.name} = {owner.name}.{relation.name}")
        if relation.many:
            self.variables.append(variable)
        elif relation.nullable:
            with self.block(f"if {variable.name} is not None:"):
                self.variables.append(variable)
                self.some(self.random.randint(1, 2))
        else:
            self.variables.append(variable)

    def create(self) -> None:
        """A new instance, with what it has to refer to."""
        model = self.random.choice(self.models)
        given, collection = [f'name="new{self._count}"'], ""
        for relation in model.keys:
            target = self.of(relation.target)
            if relation.is_single or (target is None and not relation.nullable):
                return
            if target is not None:
                form = self.random.random()
                back = relation.reverse
                if form < 0.4:
                    given.append(f"{relation.name}={target.name}")
                elif form < 0.7 or not (back and back.many) or collection:
                    given.append(f"{relation.key}={target.name}.id")
                else:
                    collection = f"{target.name}.{back.name}"
        variable = self.new(model)
        self.put(f"{variable.name} = {model.name}({', '.join(given)})")
        self.put(f"{collection}.append({variable.name})" if collection else f"{self.db}.add({variable.name})")
        self.put(self.random.choice([f"{self.db}.commit()"] * 3 + [f"{self.db}.flush()"]))
        if self.random.random() < 0.6:
            self.put(f"{self.db}.refresh({variable.name})")
        self.variables.append(variable)

    def change(self) -> None:
        """Another value, another reference, an instance in a collection or out of it."""
        owner = self.one()
        if owner is None:
            return
        ways = [f'{owner.name}.name = "changed{self._count}"', f"{owner.name}.size += 1"]
        ways += [f'{owner.name}.{m}("by{self._count}")' for m in owner.model.methods]
        for relation in owner.model.relations:
            other = self.of(relation.target)
            if other is not None and other is not owner:
                if relation.is_single or (relation.reverse and relation.reverse.is_single):
                    continue
                if relation.many:
                    ways += self._in_collection(owner, relation, other)
                else:
                    ways += [f"{owner.name}.{relation.name} = {other.name}"]
                    ways += [f"{owner.name}.{relation.key} = {other.name}.id"] if relation.key else []
        self.put(self.random.choice(ways))
        if self.random.random() < 0.85:
            self.put(f"{self.db}.commit()")
            if self.random.random() < 0.4:
                self.put(f"{self.db}.refresh({owner.name})")

    def _in_collection(self, owner: Variable, relation: Relation, other: Variable) -> list[str]:
        collection = f"{owner.name}.{relation.name}"
        return [
            f"{collection}.append({other.name})" if not relation.secondary else self._link(collection, other),
            f"{other.name} in {collection} and {collection}.remove({other.name})",
            f"{collection} = [{other.name}]",
        ]

    def _link(self, collection: str, other: Variable) -> str:
        return f"{other.name} in {collection} or {collection}.append({other.name})"

    def session(self) -> None:
        """A call of the session alone."""
        owner = self.one()
        calls = ["commit()", "flush()"]
        if owner is not None:
            calls += [f"refresh({owner.name})"] if self.random.random() < 0.3 else []
        self.put(f"{self.db}.{self.random.choice(calls)}")

    def delete(self) -> None:
        """An instance that goes, and is not looked at again."""
        owner = self.one()
        if owner is None or len(self.variables) < 2 or owner.given:
            return
        self.put(f"{self.db}.delete({owner.name})")
        self.put(f"{self.db}.commit()")
        gone = {owner.model.name}
        for _ in self.models:
            gone |= {m.name for m in self.models for r in m.keys if r.target.name in gone}
        self.variables = [v for v in self.variables if v.model.name not in gone]

    def bulk(self) -> None:
        """Rows changed by a statement."""
        model = self.random.choice(self.models)
        name = model.name
        if self._legacy:
            self.put(f'{self.db}.query({name}).filter({name}.size > 4).update({{"name": "bulk{self._count}"}})')
        else:
            self.put(f'{self.db}.execute(update({name}).where({name}.size > 4).values(name="bulk{self._count}"))')
        self.put(f"{self.db}.commit()")

    def helper(self) -> None:
        """A function of the app is called."""
        fitting = [h for h in self.helpers if all(self.of(m) for m in h.takes)]
        if not fitting:
            return
        function = self.random.choice(fitting[-4:])
        given = ", ".join([*self._session_argument(), *(self.of(m).name for m in function.takes)])  # type: ignore[union-attr]
        call = f"{self.call(function.name)}({given})"
        if function.gives is None:
            self.put(f"out.append({call})")
        else:
            variable = self.new(function.gives, function.many)
            self.put(f"{variable.name} = {call}")
            self.variables.append(variable)

    def _session_argument(self) -> list[str]:
        return [] if self.call("").endswith(".") and self.call("") != "crud." else [self.db]

    def branch(self) -> None:
        """Statements under a condition."""
        owner = self.one()
        if owner is None or self._indent > 2:
            return
        with self.block(f"if {owner.name}.size % 2:"):
            self.some(self.random.randint(1, 2))

    def loop(self) -> None:
        """Statements for each of a list."""
        known = [v for v in self.variables if v.many]
        if not known or self._indent > 2:
            return
        several = self.random.choice(known)
        variable = self.new(several.model)
        with self.block(f"for {variable.name} in {several.name}:"):
            self.variables.append(variable)
            for _ in range(self.random.randint(1, 2)):
                self.random.choice([self.read, self.read, self.follow])()

    # reads

    def read(self) -> None:
        """Something of what is at hand is kept for the answer."""
        if self.variables:
            self.put(f"out.append({self.value(self.random.choice(self.variables[-4:]))})")

    def value(self, variable: Variable, depth: int = 0) -> str:
        """An expression that can be written as JSON, of an instance or of a list of them."""
        if variable.many:
            inner = Variable("one", variable.model)
            if depth or self.random.random() < 0.2:
                return f"len({variable.name})"
            return f"[{self.value(inner, 1)} for one in {variable.name}]"
        model = variable.model
        ways = [f"{variable.name}.{c}" for c in ("id", "name", *model.columns, *model.values)]
        ways += [f"str({variable.name})"] if any("__repr__" in m for m in model.members) else []
        for relation in model.relations:
            path = f"{variable.name}.{relation.name}"
            if relation.many and depth < 2:
                item = self.value(Variable("each", relation.target), 2)
                ways += [f"len({path})", f"[{item} for each in {path}]"] * 2
            elif not relation.many and depth < 2:
                item = self.value(Variable(path, relation.target), depth + 1)
                ways += [f"({item} if {path} else None)" if relation.nullable else item] * 2
        return self.random.choice(ways)

    def some(self, number: int) -> None:
        """Some statements."""
        for _ in range(number):
            weights: dict[Callable[[], None], int] = {
                self.read: 8,
                self.follow: 4,
                self.change: 4,
                self.helper: 5,
                self.load_many: 2,
                self.create: 2,
                self.session: 1,
                self.branch: 1,
                self.loop: 2,
                self.bulk: 1,
                self.delete: 1 if self._indent == 1 else 0,
            }
            self.random.choices([*weights], [*weights.values()])[0]()

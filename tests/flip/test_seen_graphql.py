"""GraphQL resolvers, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

GRAPHQL = [
    ("POST", "/graphql", {"query": "{ users { name posts { title } } }"}),
    ("POST", "/graphql", {"query": "{ user(key: 1) { name posts { title } } }"}),
    ("POST", "/graphql", {"query": 'mutation { addUser(name: "x") { id name } }'}),
    ("POST", "/graphql", {"query": "{ user(key: 9) { name } }"}),
]


def test_strawberry_resolvers(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import strawberry
from strawberry.fastapi import GraphQLRouter
from strawberry.types import Info


@strawberry.type
class PostType:
    title: str


@strawberry.type
class UserType:
    id: int
    name: str
    row: strawberry.Private[User]

    @strawberry.field
    def posts(self) -> list[PostType]:
        return [PostType(title=p.title) for p in self.row.posts]


def to_type(user: User) -> UserType:
    return UserType(id=user.id, name=user.name, row=user)


@strawberry.type
class Query:
    @strawberry.field
    def users(self, info: Info) -> list[UserType]:
        db = info.context["db"]
        return [to_type(u) for u in db.query(User).order_by(User.id)]

    @strawberry.field
    def user(self, info: Info, key: int) -> UserType | None:
        db: Session = info.context["db"]
        found = db.get(User, key)
        return to_type(found) if found else None


@strawberry.type
class Mutation:
    @strawberry.mutation
    def add_user(self, info: Info, name: str) -> UserType:
        session: Session = info.context["db"]
        user = User(name=name)
        session.add(user)
        session.commit()
        session.refresh(user)
        return to_type(user)


def get_context(db: Session = Depends(get_db)):
    return {"db": db}


schema = strawberry.Schema(query=Query, mutation=Mutation)
app.include_router(GraphQLRouter(schema, context_getter=get_context), prefix="/graphql")
"""
    )
    prove(tmp_path, app, GRAPHQL, codes=["shared-session"])


def test_ariadne_resolvers(tmp_path: Path) -> None:
    app = """\
from ariadne import MutationType, ObjectType, QueryType, gql, make_executable_schema
from ariadne.asgi import GraphQL
from fastapi import FastAPI

from db import SessionLocal
from models import User

types = gql('''
    type Post { title: String! }
    type User { id: Int! name: String! posts: [Post!]! }
    type Query { users: [User!]! user(key: Int!): User }
    type Mutation { addUser(name: String!): User! }
''')
query = QueryType()
mutation = MutationType()
user_type = ObjectType("User")


@query.field("users")
def resolve_users(_, info):
    with SessionLocal() as db:
        return [{"id": u.id, "name": u.name} for u in db.query(User).order_by(User.id)]


@query.field("user")
def resolve_user(_, info, key):
    db = info.context["db"]
    try:
        user = db.query(User).filter(User.id == key).first()
        return {"id": user.id, "name": user.name} if user else None
    finally:
        db.close()


@user_type.field("posts")
def resolve_posts(user, info):
    with SessionLocal() as db:
        return [{"title": p.title} for p in db.get(User, user["id"]).posts]


@mutation.field("addUser")
def resolve_add(_, info, name):
    with SessionLocal() as db:
        user = User(name=name)
        db.add(user)
        db.commit()
        return {"id": user.id, "name": user.name}


def get_context(request, data):
    return {"request": request, "db": SessionLocal()}


app = FastAPI()
schema = make_executable_schema(types, query, mutation, user_type)
app.mount("/graphql", GraphQL(schema, context_value=get_context))
"""
    prove(tmp_path, app, [(m, u + "/", b) for m, u, b in GRAPHQL], codes=["shared-session"])


def test_a_session_in_the_state_of_the_request_that_is_the_context(tmp_path: Path) -> None:
    """Ariadne gives its resolvers the request where an app says nothing else, and Strawberry does in any case."""
    app = """\
from ariadne import MutationType, QueryType, gql, make_executable_schema
from ariadne.asgi import GraphQL
from fastapi import Depends, FastAPI, Request

from db import get_db
from resolvers import mutation, query

types = gql('''
    type Query { user(key: Int!): String }
    type Mutation { addUser(name: String!): Int! }
''')
app = FastAPI()
graphql = GraphQL(make_executable_schema(types, query, mutation))


@app.post("/graphql")
async def ask(request: Request, db=Depends(get_db)):
    request.state.db = db
    return await graphql.http_handler.graphql_http_server(request)
"""
    resolvers = """\
from ariadne import MutationType, QueryType

from users import Users

query = QueryType()
mutation = MutationType()


@query.field("user")
def resolve_user(_, info, key):
    db = info.context["request"].state.db
    user = Users().get(db, key)
    return user.name if user else None


@mutation.field("addUser")
def resolve_add(_, info, name):
    db = info.context["request"].state.db
    user = Users().add(db, name)
    db.commit()
    return user.id
"""
    users = """\
from sqlalchemy.orm import Session

from models import User


class Users:
    def get(self, db: Session, key: int):
        return db.get(User, key)

    def add(self, db: Session, name: str):
        user = User(name=name)
        db.add(user)
        return user
"""
    requests = [
        ("POST", "/graphql", {"query": "{ user(key: 1) }"}),
        ("POST", "/graphql", {"query": 'mutation { addUser(name: "x") }'}),
        ("POST", "/graphql", {"query": "{ user(key: 9) }"}),
    ]
    files = {"main.py": app, "resolvers.py": resolvers, "users.py": users}
    prove(tmp_path, files, requests, codes=["shared-session"])

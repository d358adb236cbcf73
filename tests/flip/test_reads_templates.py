"""What Jinja2 templates read: inheritance, macros, call blocks, filters."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS


def test_templates(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

from pathlib import Path

from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

templates = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))


def page(request: Request, name: str, **context):
    return templates.TemplateResponse(request, name, context)


@app.get("/users", response_class=HTMLResponse)
def users(request: Request, db: Session = Depends(get_db)):
    return templates.TemplateResponse(
        request, "users.html", {"users": db.scalars(select(User).order_by(User.id)).all()}
    )


@app.get("/user/{key}", response_class=HTMLResponse)
def user(request: Request, key: int, db: Session = Depends(get_db)):
    found = db.get(User, key)
    return page(request, "user.html", user=found, title="t")


@app.get("/posts", response_class=HTMLResponse)
def posts(request: Request, db: Session = Depends(get_db)):
    context = {"request": request}
    context["posts"] = db.query(Post).order_by(Post.id).all()
    context.update(heading="h")
    return templates.TemplateResponse(request=request, name="posts.html", context=context)


@app.get("/filters", response_class=HTMLResponse)
def filters(request: Request, db: Session = Depends(get_db)):
    found = db.query(Post).filter(Post.author_id != None).order_by(Post.id).all()
    return templates.TemplateResponse(
        request, "filters.html", dict(posts=found, users=db.query(User).order_by(User.id).all())
    )


@app.get("/macros", response_class=HTMLResponse)
def macros(request: Request, db: Session = Depends(get_db)):
    rows = db.execute(select(Post, User).join(Post.author).order_by(Post.id)).all()
    return templates.TemplateResponse(
        request, "use_macros.html", {"rows": rows, "tags": db.scalars(select(Tag).order_by(Tag.id)).all()}
    )


@app.get("/raw", response_class=HTMLResponse)
def raw(db: Session = Depends(get_db)):
    template = templates.get_template("raw.html")
    return HTMLResponse(template.render(teams=db.scalars(select(Team).order_by(Team.id)).all(), show=True))


class View:
    def __init__(self, user: User) -> None:
        self.user = user

    @property
    def titles(self):
        return [p.title for p in self.user.posts]


@app.get("/view", response_class=HTMLResponse)
def view(request: Request, db: Session = Depends(get_db)):
    made = [View(u) for u in db.scalars(select(User).order_by(User.id))]
    return templates.TemplateResponse(
        request,
        "view.html",
        {"views": made, "pairs": [(v.user, 1) for v in made], "by": {v.user.name: v.user for v in made}},
    )
"""
    )
    t_base_html = """\
<h1>{% block title %}{{ title }}{% endblock %}</h1>{% block body %}{% if user is defined and user %}
{{ user.team.name if user.team }}{% endif %}{% endblock %}{% block foot scoped %}{% endblock %}
"""
    t_users_html = """\
{% extends "base.html" %}{% from "macros.html" import card, badge as mark %}{% block body %}
{% for u in users if u.posts %}{{ loop.index }} {{ loop.previtem.team.name if loop.previtem }}{{ card(u) }}
{{ mark(u.profile) }}{% else %}none{% endfor %}{% endblock %}
"""
    t_user_html = """\
{% extends "base.html" %}{% block body %}{{ super() }}{% include "part.html" %}
{% with last = user.latest(), p = user.profile %}{{ last.title if last }}{{ p.bio if p }}{% endwith %}
{% endblock %}
"""
    t_part_html = """\
{% set posts = user.posts %}{{ posts|length }}{% for post in posts %}{{ post["title"] }}
{{ post["tags"]|map(attribute="name")|join(",") }}{% endfor %}
"""
    t_macros_html = """\
{% macro card(user, deep=true) -%}{{ user.name }}{% if deep %}
{% for p in user.posts %}[{{ tags(p.tags) }}]{% endfor %}{% endif %}{{ user }}{%- endmacro %}
{% macro tags(items) %}{% for t in items %}{{ t.name }}{{ caller() if caller }}{% endfor %}{% endmacro %}
{% macro badge(p) %}{{ p.bio or "" }}{% endmacro %}{% macro box(items) %}
{% for i in items %}<{{ caller(i) }}>{% endfor %}{% endmacro %}
"""
    t_posts_html = """\
{% for author, group in posts|groupby("kind") %}{{ author }}:{% for p in group %}
{{ p.comments|sum(attribute="likes") }}{{ p.author.name if p.author else "-" }}{% endfor %}{% endfor %}
{% set ns = namespace(total=0) %}{% for p in posts %}{% set ns.total = ns.total + p.tags|length %}{% endfor %}
{{ ns.total }}{% for p in posts|selectattr("author")|list %}{{ p.author.team.name }}{% endfor %}
"""
    t_filters_html = """\
{{ posts|map(attribute="author.team.name")|join(",") }}
{{ posts|sort(attribute="author.name")|map(attribute="title")|join }}
{% for name, group in posts|groupby("author.profile.bio") %}{{ name }}{{ group|length }}{% endfor %}
{{ posts|rejectattr("tags")|list|length }}{{ users|map(attribute="posts")|map("length")|join("-") }}
{{ (posts|first).comments[0].author.name }}
{{ posts|map(attribute="tags")|sum(start=[])|map(attribute="name")|join }}
{{ users|selectattr("team.name", "equalto", "red")|map(attribute="name")|list }}
{{ (users|max(attribute="id")).posts }}{{ users[0]|attr("profile")|string|length > 3 }}
{{ users|batch(2)|list|length }}{% for row in users|batch(2) %}{% for u in row %}{{ u.team is none }}
{% endfor %}{% endfor %}{% for u in users[1:] %}{{ u.posts|length }}{% endfor %}
"""
    t_use_macros_html = """\
{% import "macros.html" as m %}{% for post, user in rows %}{{ m.card(user, deep=false) }}
{% call(i) m.box(post.comments) %}{{ i.author.name }}{% endcall %}{% endfor %}{% for row in rows %}
{{ row.User.team.name }}{{ row[0].tags|length }}{{ (row.Post.tags|first).name }}{% endfor %}{% for t in tags %}
{% for p in t.posts recursive %}{{ p.title }}{% endfor %}{% endfor %}
"""
    t_raw_html = """\
{% set seen = teams if show else [] %}{% for t in seen %}{% set people = t.users %}{% for u in people %}
{{ u.name ~ u.posts|length }}{% filter upper %}{{ u.profile.bio }}{% endfilter %}{% endfor %}{% endfor %}
"""
    t_view_html = """\
{% for v in views %}{{ v.titles|join }}{{ v.user.profile.bio if v.user.profile }}{% endfor %}
{% for u, n in pairs %}{{ u.team.name if u.team }}{% endfor %}{% for k, u in by.items() %}{{ u.tag_names|join }}
{% endfor %}{{ by["ann"].posts[0].comments|length }}{% for k in by %}{{ by[k].name }}{% endfor %}
{% for k, u in by|dictsort %}{{ u.post_titles|join }}{% endfor %}
"""
    files = {
        "models.py": MODELS,
        "filling.py": FILLING,
        "main.py": main,
        "templates/base.html": t_base_html,
        "templates/users.html": t_users_html,
        "templates/user.html": t_user_html,
        "templates/part.html": t_part_html,
        "templates/macros.html": t_macros_html,
        "templates/posts.html": t_posts_html,
        "templates/filters.html": t_filters_html,
        "templates/use_macros.html": t_use_macros_html,
        "templates/raw.html": t_raw_html,
        "templates/view.html": t_view_html,
    }
    requests = [
        ("GET", "/users"),
        ("GET", "/user/1"),
        ("GET", "/user/3"),
        ("GET", "/posts"),
        ("GET", "/filters"),
        ("GET", "/macros"),
        ("GET", "/raw"),
        ("GET", "/view"),
    ]
    prove(tmp_path, files, requests)


PARTIAL = f"""{HEAD}
from pathlib import Path

from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

templates = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))


def table(request: Request, db: Session, viewer: User, note: Optional[str] = None):
    posts = db.scalars(select(Post).where(Post.author_id == viewer.id).order_by(Post.id)).all()
    response = templates.TemplateResponse(request, "table.html", {{"posts": posts, "viewer": viewer}})
    if note:
        response.headers["X-Note"] = note
    return response


def known(request: Request, key: int, db: Session = Depends(get_db)):
    setattr(request.state, "viewer", db.get(User, key))


@app.get("/table/{{key}}", response_class=HTMLResponse, dependencies=[Depends(known)])
def show(request: Request, db: Session = Depends(get_db)):
    viewer: User = getattr(request.state, "viewer")
    return table(request, db, viewer, "shown")


@app.post("/table/{{key}}", response_class=HTMLResponse)
def post(request: Request, key: int, db: Session = Depends(get_db)):
    viewer = db.get(User, key)
    db.add(Post(title="new", author_id=key))
    db.commit()
    return table(request, db, viewer, "posted")


@app.delete("/table/{{key}}", response_class=HTMLResponse)
def delete(request: Request, key: int, db: Session = Depends(get_db)):
    viewer = db.get(User, key)
    db.delete(db.scalars(select(Post).where(Post.author_id == key).order_by(Post.id.desc())).first())
    db.commit()
    response = table(request, db, viewer)
    response.headers["X-Done"] = "yes"
    return response
"""


def test_a_template_of_a_function_that_waits_is_rendered_in_the_greenlet_there(tmp_path: Path) -> None:
    page = "{% for p in posts %}{{ p.title }} of {{ p.author.team.name }} {% endfor %}{{ viewer.posts|length }}"
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": PARTIAL, "templates/table.html": page}
    prove(tmp_path, files, [("GET", "/table/2"), ("POST", "/table/2"), ("DELETE", "/table/2")])

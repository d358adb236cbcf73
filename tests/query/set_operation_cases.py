# ruff: noqa: E501 - one case on one line
"""`union()` and its kin: short functions as in `query_cases`, and which of them stay legacy."""

UNIONS: dict[str, str] = {
    "union": "return db.query(User).filter(User.id == 1).union(db.query(User).filter(User.id == 2)).order_by(User.id).all()",
    "union_three": "return sorted(u.id for u in db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2), db.query(User).filter_by(id=3)))",
    "union_of_union": "q = db.query(User)\nreturn sorted(u.id for u in q.filter_by(id=1).union(q.filter_by(id=2)).union(q.filter_by(id=3)).all())",
    "union_of_union_all": "q = db.query(User)\nreturn sorted(u.id for u in q.filter_by(id=1).union_all(q.filter_by(id=1)).union(q.filter_by(id=3)).all())",
    "union_all_repeats": "return db.query(User).filter_by(id=1).union_all(db.query(User).filter_by(id=1)).all()",
    "union_all_one": "return db.query(User).filter_by(id=1).union_all(db.query(User).filter_by(id=1)).one()",
    "union_all_count": "return db.query(User).filter_by(id=1).union_all(db.query(User).filter_by(id=1)).count()",
    "union_all_yield_per": "return len([u for u in db.query(User).union_all(db.query(User)).yield_per(10)])",
    "union_except": "return db.query(User).except_(db.query(User).filter_by(id=1)).order_by(User.id).all()",
    "union_except_all": "return db.query(User.id).except_all(db.query(Post.author_id)).all()",
    "union_intersect": "return db.query(User).intersect(db.query(User).filter_by(id=1)).all()",
    "union_intersect_all": "return db.query(User.id).intersect_all(db.query(Post.id)).order_by(User.id).all()",
    "union_limited": "return db.query(User).filter_by(id=1).union(db.query(User)).order_by(User.name.desc()).limit(2).offset(1).all()",
    "union_limited_count": "return db.query(User).union(db.query(User)).limit(2).count()",
    "union_operand_limited": "return db.query(User).order_by(User.id).limit(1).union(db.query(User).filter_by(id=3)).all()",
    "union_first": "return db.query(User).filter_by(id=2).union(db.query(User)).order_by(User.id).first()",
    "union_slice": "return db.query(User).filter_by(id=2).union(db.query(User)).order_by(User.id)[1:3]",
    "union_iterated": "return [u.name for u in db.query(User).filter_by(id=2).union(db.query(User)).order_by(desc(User.id))]",
    "union_listed": "return list(db.query(User).filter_by(id=2).union(db.query(User)).order_by(User.id))",
    "union_contains": "u = db.get(User, 1)\nreturn u in db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2))",
    "union_distinct": "return db.query(User).filter_by(id=1).union(db.query(User)).distinct().order_by(User.id).all()",
    "union_all_distinct": "return db.query(User).filter_by(id=1).union_all(db.query(User)).distinct().order_by(User.id).all()",
    "union_nulls": "return db.query(User).filter_by(id=3).union(db.query(User)).order_by(User.age.desc().nullslast(), User.id).all()",
    "union_order_function": "return db.query(User).filter_by(id=1).union(db.query(User)).order_by(func.lower(User.name)).all()",
    "union_order_joined": "return db.query(User).join(Post).union(db.query(User)).order_by(User.id).all()",
    "union_order_crossed": "return db.query(User).filter(User.id == Post.author_id).union(db.query(User)).order_by(User.id).all()",
    "union_filter": "return db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2)).filter(User.name == 'bob').all()",
    "union_filter_by": "return db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2)).filter_by(name='bob').all()",
    "union_join": "return db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2)).join(Post).all()",
    "union_with_entities": "return db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2)).with_entities(User.name).all()",
    "union_selectin": "q = db.query(User).filter_by(id=1).options(selectinload(User.posts)).union(db.query(User).filter_by(id=2)).order_by(User.id)\n"
    "return [(u, u.posts) for u in q]",
    "union_options": "return [(u, u.posts) for u in db.query(User).filter_by(id=1).options(selectinload(User.posts))"
    ".union(db.query(User)).options(load_only(User.name)).order_by(User.id).all()]",
    "union_options_operand": "return [(u, u.posts) for u in db.query(User).filter_by(id=1)"
    ".union(db.query(User).options(joinedload(User.posts))).order_by(User.id).all()]",
    "union_joinedload": "return [(u, u.posts) for u in db.query(User).filter_by(id=1).options(joinedload(User.posts))"
    ".union(db.query(User)).order_by(User.id).all()]",
    "union_options_before": "q = db.query(User).filter_by(id=1).options(selectinload(User.posts))\n"
    "return [(u, u.posts) for u in q.union(db.query(User)).order_by(User.id).all()]",
    "union_eager_model": "return [(s, s.books) for s in db.query(Shelf).filter_by(id=1).union(db.query(Shelf).filter_by(id=1))]",
    "union_locked": "return db.query(User).populate_existing().union(db.query(User)).order_by(User.id).all()",
    "union_variables": "q1 = db.query(User).filter_by(id=1)\nq2 = db.query(User).filter_by(id=2)\n"
    "return q1.union(q2).order_by(User.id).all(), q1.all(), q2.count()",
    "union_later": "q = db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2))\nq = q.order_by(User.id)\n"
    "return q.all(), q.count(), q.first(), q.limit(1).all()",
    "union_maybe": "q = db.query(User).filter_by(id=1)\nif db:\n    q = q.union(db.query(User).filter_by(id=2))\n"
    "return q.order_by(User.id).all(), q.count()",
    "union_maybe_all": "q = db.query(User).filter_by(id=1)\nif db:\n    q = q.union_all(q)\nreturn q.order_by(User.id).all(), q.count()",
    "union_maybe_columns": "q = db.query(User.id, User.name)\nif db:\n    q = q.union_all(q)\nreturn q.order_by(User.id).all()",
    "union_maybe_subquery": "q = db.query(User.id)\nif db:\n    q = q.union_all(q)\nreturn list(q.subquery().c.keys())",
    "union_loop": "q = db.query(User).filter_by(id=1)\nfor key in (2, 3):\n    q = q.union(db.query(User).filter_by(id=key))\n"
    "return q.order_by(User.id).all()",
    "union_returned": "def both(session: Session):\n    return session.query(User).filter_by(id=1).union(session.query(User).filter_by(id=2))\n"
    "return both(db).order_by(User.id).all(), both(db).count()",
    "union_subquery": "s = db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2)).subquery()\n"
    "return sorted(s.c.keys()), db.query(s.c.users_id).order_by(s.c.users_id).all()",
    "union_aliased": "u = aliased(User, db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2)).subquery())\n"
    "return db.query(u).order_by(u.id).all()",
    "union_exists": "return db.query(db.query(User).filter_by(id=1).union(db.query(User).filter_by(id=2)).exists()).scalar()",
    "union_statement": "return len(db.execute(db.query(User).union(db.query(User)).statement).scalars().all())",
    "union_text": "return 'UNION' in str(db.query(User).union(db.query(User)))",
    "union_staff": "return db.query(Staff).filter(Staff.id < 3).union(db.query(Staff).filter(Staff.id > 1)).order_by(Staff.id).all()",
    "union_manager": "return [m.level for m in db.query(Manager).union(db.query(Manager)).order_by(Manager.id)]",
    "union_engineer": "return [e.language for e in db.query(Engineer).union(db.query(Engineer))]",
    "union_engineer_ordered": "return [e.language for e in db.query(Engineer).union(db.query(Engineer)).order_by(Engineer.id)]",
    "union_alias": "a = aliased(User)\nreturn db.query(a).filter(a.id == 1).union(db.query(a).filter(a.id == 2)).order_by(a.id).all()",
    "union_self": "class Repo:\n    def __init__(self, session: Session, model: type[User]):\n        self.session = session\n        self.model = model\n"
    "    def two(self):\n        q = self.session.query(self.model)\n        return q.filter_by(id=1).union(q.filter_by(id=2)).all()\nreturn len(Repo(db, User).two())",
    "union_update": "return db.query(User).filter_by(id=1).union(db.query(User)).update({'age': 1})",
    "union_get": "return db.query(User).filter_by(id=1).union(db.query(User)).get(1)",
    "union_columns": "return db.query(User.id).union(db.query(Post.id)).order_by(User.id).all()",
    "union_columns_two": "return db.query(User.id, User.name).union_all(db.query(Post.id, Post.title)).order_by(User.id, User.name.desc()).all()",
    "union_labels": "q = db.query(User.id.label('k'), literal('u').label('kind')).union_all(db.query(Post.id, literal('p')))\n"
    "return [(r.k, r.kind) for r in q.order_by('k', desc('kind')).limit(3)], q.order_by(text('k desc, kind')).all()",
    "union_label_of_column": "return db.query(User.id.label('k')).union_all(db.query(Post.id)).order_by(User.id).all()",
    "union_columns_joined": "return db.query(User.id, Post.title).join(Post).union(db.query(User.id, User.name)).order_by(User.id, Post.title).all()",
    "union_columns_of_one_name": "both = db.query(User.id, Post.id).join(Post)\n"
    "return [r.id for r in both.union(both).order_by(User.id, Post.id).all()]",
    "union_columns_count": "return db.query(User.id).union_all(db.query(Post.id)).count(), db.query(User.id).union(db.query(Post.id)).count()",
    "union_aggregates": "return sorted(db.query(func.count(User.id)).union(db.query(func.count(Post.id))).all())",
    "union_scalar": "return db.query(func.count(User.id)).union(db.query(func.count(User.id))).scalar()",
    "union_scalar_many": "return db.query(func.count(User.id)).union(db.query(func.count(Post.id))).scalar()",
    "union_columns_first": "return db.query(User.id).union(db.query(Post.id)).order_by(User.id.desc()).first()",
    "union_in": "return db.query(Post).filter(Post.author_id.in_(db.query(User.id).filter_by(id=1).union(db.query(User.id).filter_by(id=2)))).order_by(Post.id).all()",
    "union_in_scalar": "ids = db.query(User.id).union(db.query(Post.author_id)).scalar_subquery()\n"
    "return db.query(User).filter(User.id.in_(ids)).order_by(User.id).all()",
    "union_columns_subquery": "s = db.query(User.id).union_all(db.query(Post.id)).subquery()\nreturn db.query(func.sum(s.c.users_id)).scalar()",
    "union_labels_subquery": "s = db.query(User.id.label('k')).union_all(db.query(Post.id.label('k'))).subquery('s')\n"
    "return db.query(func.sum(s.c.k)).scalar()",
    "union_cte": "s = db.query(User.id.label('k')).union_all(db.query(Post.id.label('k'))).cte('s')\n"
    "return db.query(s.c.k, func.count()).group_by(s.c.k).order_by(s.c.k).all()",
    "union_columns_filter": "return db.query(User.id).union(db.query(Post.id)).filter(User.id > 2).order_by(User.id).all()",
    "union_entity_and_column": "return db.query(User, Post.title).join(Post).union(db.query(User, Post.title).join(Post)).order_by(Post.title).all()",
    "union_table": "return sorted(db.query(post_tags).union(db.query(post_tags)).all())",
    "union_columns_later": "q = db.query(User.id.label('k')).union(db.query(Post.id.label('k')))\ntotal = q.count()\n"
    "return total, q.order_by('k').limit(2).offset(1).all()",
    "union_params": "return db.query(User).filter(text('id = :x')).union(db.query(User).filter_by(id=2)).order_by(User.id).params(x=1).all()",
    "union_recursive": "c = db.query(User.id.label('n')).filter(User.id == 1).cte('c', recursive=True)\n"
    "c = c.union_all(db.query((c.c.n + 1).label('n')).filter(c.c.n < 3))\nreturn db.query(c.c.n).order_by(c.c.n).all()",
    "union_recursive_entity": "top = db.query(User.id).filter(User.id == 1).cte(recursive=True)\nu = aliased(User)\n"
    "below = db.query(u.id).join(top, u.id == top.c.id + 1)\nall_ids = top.union(below)\n"
    "return db.query(User).filter(User.id.in_(db.query(all_ids.c.id))).order_by(User.id).all()",
}

#: those that need an alias whose columns later links must name, or something else that a select has not
LEGACY_UNIONS = frozenset(
    {
        "union_of_union_all",
        "union_all_yield_per",
        "union_all_distinct",
        "union_order_function",
        "union_order_joined",
        "union_order_crossed",
        "union_filter",
        "union_filter_by",
        "union_join",
        "union_with_entities",
        "union_selectin",
        "union_joinedload",
        "union_options_before",
        "union_eager_model",
        "union_locked",
        "union_maybe_subquery",
        "union_loop",
        "union_statement",
        "union_engineer_ordered",
        "union_alias",
        "union_update",
        "union_get",
        "union_label_of_column",
        "union_columns_joined",
        "union_columns_of_one_name",
        "union_columns_filter",
        "union_entity_and_column",
    }
)

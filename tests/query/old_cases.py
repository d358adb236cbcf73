# ruff: noqa: E501 - one case on one line
"""What only the Query of SQLAlchemy 1.4 takes; converted it must give the same with every version."""

#: name -> body of a function of `db`
OLD_CASES: dict[str, str] = {
    "join_name": "return db.query(User).join('posts').order_by(User.id).all()",
    "join_names": "return db.query(User).join('posts', 'tags').filter_by(name='blue').all()",
    "join_path": "return db.query(User).join(User.posts, Post.tags).filter_by(name='blue').all()",
    "join_path_outer": "return db.query(User.name, Tag.name).outerjoin(User.posts, Post.tags).order_by(User.id, Tag.id).all()",
    "join_on_name": "return db.query(User).join(Post, 'posts').filter_by(title='b').all()",
    "join_tuple": "return db.query(User).join((Post, Post.author_id == User.id)).order_by(User.id).all()",
    "join_tuples": "return db.query(User).join((Post, Post.author_id == User.id), Post.tags).order_by(User.id).all()",
    "join_flags": "return db.query(User).join('posts', aliased=False, from_joinpoint=False, isouter=True).order_by(User.id).all()",
    "join_name_later": "q = db.query(User)\nq = q.join('posts')\nreturn q.order_by(User.id).all(), q.count()",
    "join_name_of_alias": "a = aliased(User)\nreturn db.query(a).join('posts').filter_by(title='b').all()",
    "join_name_of_column": "return db.query(User.name).join('posts').order_by(User.id).all()",
    "join_twice": "return db.query(User).join(User.posts).filter(Post.id > 0).join(User.posts).order_by(User.id).all()",
    "join_twice_by_name": "return db.query(User).join('posts').outerjoin('posts').order_by(User.id).all()",
    "join_twice_on_some_ways": "q = db.query(User)\nfor title in ('a', 'b'):\n    if title == 'b':\n        q = q.join(User.posts)\n"
    "    else:\n        q = q.join(User.posts)\nreturn q.order_by(User.id).all()",
    "join_aliased": "return db.query(User).join(User.posts, aliased=True).filter(Post.title == 'b').all()",
    "join_from_joinpoint": "return db.query(User).join('posts').join('tags', from_joinpoint=True).order_by(User.id).all()",
    "join_name_of_selected_from": "return db.query(User.name).select_from(Post).join('author').order_by(Post.id).all()",
    "distinct_ordered": "return db.query(Post.score).distinct().order_by(Post.id).all()",
    "distinct_ordered_by_joined": "return db.query(User).join(Post).order_by(Post.title).distinct().all()",
    "distinct_ordered_inside": "return db.query(Post.title).distinct().order_by(Post.title.desc()).all()",
    "distinct_ordered_by_label": "return db.query(Post.title.label('t')).distinct().order_by('t').all()",
    "distinct_ordered_entity": "return db.query(User).join(Post).distinct().order_by(desc(User.name)).all()",
    "distinct_ordered_by_computed": "return db.query(User).distinct().order_by(User.shown, User.id).all()",
    "distinct_before_values": "return list(db.query(User).distinct().order_by(User.name).values(User.id))",
    "distinct_before_with_entities": "q = db.query(User).filter(User.id > 1).distinct().order_by(User.name)\nreturn q.with_entities(User.id).all()",
    "lock_by_position": "return db.query(User).with_for_update(True).order_by(User.id).all()",
    "with_parent_name": "u = db.query(User).filter(User.id == 1).one()\n"
    "return db.query(Post).with_parent(u, 'posts').order_by(Post.id).all()",
    "joinedload_name": "return [(u, len(u.posts)) for u in db.query(User).options(joinedload('posts')).order_by(User.id)]",
    "last": "return db.query(User).order_by(User.id)[-1]",
    "last_two": "return db.query(User).order_by(User.id)[-2:]",
}

#: those that stay as they are, with a finding
OLD_STAY = frozenset(
    {
        "join_twice_on_some_ways",
        "join_aliased",
        "join_from_joinpoint",
        "join_name_of_selected_from",
        "distinct_ordered",
        "distinct_ordered_by_joined",
        "distinct_ordered_by_computed",
        "distinct_before_values",
        "distinct_before_with_entities",
    }
)

#: those that are converted, and keep what only 1.4 takes, where select() of 1.4 takes it too
OLD_STILL = frozenset({"joinedload_name"})

# ruff: noqa: E501 - one case on one line
"""Rarely used members of Query, and queries that stand in other statements: functions as in `query_cases`."""

MEMBERS: dict[str, str] = {
    "session_of_query": "q = db.query(User)\nreturn q.session is db, q.session.get(User, 1)",
    "session_of_parameter": "def total(query):\n    return query.session.query(func.count()).select_from(query.subquery()).scalar()\nreturn total(db.query(User))",
    "session_commits": "q = db.query(User).filter_by(id=1)\nq.one().name = 'x'\nq.session.commit()\nreturn q.one().name",
    "session_queries_later": "q = db.query(User)\nother = q.session.query(Post)\nreturn other.count(), q.count()",
    "subquery_labelled": "s = db.query(User.id, Post.id).filter(User.id == Post.author_id).subquery(with_labels=True)\nreturn sorted(s.c.keys())",
    "subquery_not_labelled": "return list(db.query(User.id).subquery(name='s', with_labels=False).c.keys())",
    "subquery_lateral": "return 'LATERAL' in str(db.query(User).subquery().lateral())",
    "union_function": "from sqlalchemy import union\ns = union(db.query(User.id), db.query(Post.id)).alias('s')\n"
    "return list(s.c.keys()), db.query(s).order_by(s.c.users_id).all()",
    "union_function_labelled": "from sqlalchemy import union_all\ns = union_all(db.query(User.id.label('k')), db.query(Post.id)).cte('s')\n"
    "return db.query(s.c.k).order_by(s.c.k).all()",
    "union_function_statement": "from sqlalchemy import union_all\ns = union_all(db.query(User.id).statement, db.query(Post.id).statement)\n"
    "return list(s.subquery().c.keys()), sorted(db.execute(s).all())",
    "union_function_entity": "from sqlalchemy import union_all\nparts = union_all(db.query(User).filter_by(id=1), db.query(User).filter_by(id=2))\n"
    "return db.query(User).from_statement(parts).all()",
    "count_inserted_from_query": "from sqlalchemy import insert\ndb.execute(insert(Tag).from_select(['id', 'name'], db.query(User.id + 50, User.name)))\n"
    "return db.query(Tag).count()",
    "compared_with_query": "return db.query(User).filter(User.id == db.query(func.max(Post.author_id))).all()",
    "compared_with_scalar": "return db.query(User).filter(User.id >= db.query(func.max(Post.author_id)).scalar_subquery()).order_by(User.id).all()",
    "tuple_in_query": "from sqlalchemy import tuple_\nreturn db.query(User).filter(tuple_(User.id, User.name).in_(db.query(Post.id, Post.title))).all()",
    "exists_case": "return db.query(case((db.query(User.id).filter(User.id == 1).exists(), 1), else_=0)).scalar()",
    "update_after_statements": "q = db.query(User)\nq = q.filter(User.id > 1)\nq = q.filter(User.name == 'bob')\nreturn q.update({'age': 4}), db.get(User, 2).age",
    "update_maybe_filtered": "q = db.query(User)\nif db.new:\n    q = q.filter(User.id == 1)\nreturn q.update({'age': 4})",
    "update_filtered_and_maybe": "q = db.query(User)\nq = q.filter(User.id > 1)\nif db:\n    q = q.filter(User.name == 'bob')\n    if q.update({'age': 4}):\n        return db.get(User, 2).age",
    "update_fetch": "db.query(User).filter(User.id == 1).update({User.age: User.age + 1}, synchronize_session='fetch')\nreturn db.get(User, 1).age",
    "update_evaluate": "u = db.get(User, 1)\ndb.query(User).filter(User.id == 1).update({User.age: User.age + 1}, synchronize_session='evaluate')\nreturn u.age",
    "update_alias": "a = aliased(User)\nreturn db.query(a).filter(a.id == 1).update({'age': 4}, synchronize_session=False)",
    "update_crossed": "return db.query(User).filter(User.id == Post.author_id, Post.id == 3).update({'age': 4}, synchronize_session=False)",
    "update_arguments": "return db.query(User).filter(User.id == 1).update({User.age: 3}, update_args={'mysql_limit': 1})",
    "update_column": "return db.query(User.id).filter(User.id == 1).update({'age': 3})",
    "update_ordered": "return db.query(User).order_by(User.id).update({'age': 4})",
    "delete_in_query": "keys = db.query(Book.id).filter(Book.id > 3)\nreturn db.query(Book).filter(Book.id.in_(keys)).delete(synchronize_session=False)",
    "delete_in_subquery": "keys = db.query(Book.id).filter(Book.id > 3).subquery()\nreturn db.query(Book).filter(Book.id.in_(keys)).delete(synchronize_session='fetch')",
    "delete_table": "return db.query(post_tags).delete(synchronize_session=False)",
    "delete_table_filtered": "return db.query(post_tags).filter(post_tags.c.tag_id == 2).delete(synchronize_session=False)",
    "delete_with_entities": "return db.query(Book.id).with_entities(Book).filter(Book.id == 1).delete()",
    "from_statement_params": "q = db.query(User).from_statement(text('select * from users where id > :x order by id')).params(x=1)\n"
    "return q.all(), [u.id for u in q]",
    "from_statement_one": "return db.query(User).from_statement(text('select * from users where id = :x')).params(x=99).one_or_none()",
    "from_statement_columns": "return db.query(User.id, User.name).from_statement(text('select id, name from users order by id')).all()",
    "from_statement_scalar": "return db.query(User.id).from_statement(text('select id from users where id = 1')).scalar()",
    "streamed": "return [u.id for u in db.query(User).execution_options(stream_results=True).order_by(User.id)]",
    "yield_per_list": "return db.query(User).order_by(User.id).yield_per(2).all()",
    "yield_per_later": "q = db.query(User).order_by(User.id)\nq = q.yield_per(2)\nreturn [u.id for u in q]",
    "order_by_direction": "return db.query(User).order_by('name desc').all()",
    "group_by_name": "return db.query(User.name, func.count(Post.id)).join(Post).group_by('name').order_by('name').all()",
    "polymorphic_entity": "from sqlalchemy.orm import with_polymorphic\np = with_polymorphic(Staff, '*')\nreturn db.query(p).order_by(p.id).all()",
    "lock_skipping": "return db.query(User).filter(User.id == 1).with_for_update(skip_locked=True, of=User).first()",
    "distinct_on": "return db.query(Post).distinct(Post.author_id).filter(Post.author_id > 0).order_by(Post.author_id, Post.id).all()",
    "distinct_json": "return db.query(User, Post.data).join(Post).join(Post.tags).order_by(Post.id).all()",
    "transformed": "def adults(query):\n    return query.filter(User.age > 25)\nreturn db.query(User).with_transformation(adults).all()",
    "merged": "found = db.query(User).order_by(User.id).all()\nreturn [u.id for u in db.query(User).merge_result(found, load=False)]",
    "descriptions_of_functions": "return [d['name'] for d in db.query(User, func.count(Post.id)).column_descriptions]",
    "descriptions_of_one_name": "return [d['name'] for d in db.query(User.id, Post.id).column_descriptions]",
    "descriptions_of_labels": "return [d['name'] for d in db.query(func.max(User.id).label('m')).column_descriptions]",
    "label_style_of": "return db.query(User).is_single_entity, db.query(User).lazy_loaded_from",
    "assertions": "return db.query(User).enable_assertions(False).filter(User.id == 1).all()",
}

#: those that a select cannot say, or that SQLAlchemy refuses in the legacy form as well
LEGACY_MEMBERS = frozenset(
    {
        "update_maybe_filtered",
        "yield_per_later",
        "update_arguments",
        "update_column",
        "update_ordered",
        "delete_with_entities",
        "transformed",
        "merged",
        "label_style_of",
        "descriptions_of_functions",
        "descriptions_of_one_name",
        "assertions",
    }
)

# ruff: noqa: E501 - one case on one line
"""Short functions that use the legacy Query; each is run as it is and converted, and must give the same."""

import textwrap
from collections.abc import Mapping

from member_cases import LEGACY_MEMBERS, MEMBERS
from set_operation_cases import LEGACY_UNIONS, UNIONS

HEADER = """\
from sqlalchemy import String, and_, case, cast, desc, distinct, exists, func, literal, not_, or_, text
from sqlalchemy.orm import (
    Bundle, Load, Query, Session, aliased, contains_eager, joinedload, load_only, selectinload, subqueryload, with_parent
)

from models import Book, Engineer, Manager, Post, Shelf, Staff, Tag, User, post_tags

"""

#: name -> body of a function of `db`
CASES: dict[str, str] = {
    # running
    "all": "return db.query(User).all()",
    "all_is_list": "users = db.query(User).all()\nusers.append(1)\nreturn users == users, len(users)",
    "all_empty": "return db.query(User).filter(User.id > 99).all() == []",
    "first": "return db.query(User).order_by(User.id.desc()).first()",
    "first_none": "return db.query(User).filter_by(name='zed').first()",
    "first_limited": "return db.query(User).order_by(User.id).limit(0).first()",
    "first_limit_one": "return db.query(User).order_by(User.id).limit(1).first()",
    "first_offset": "return db.query(User).order_by(User.id).offset(1).first()",
    "first_column": "return db.query(User.name).order_by(User.name).first()",
    "first_columns": "row = db.query(User.id, User.name).order_by(User.id).first()\nreturn row.name, row[0], tuple(row)",
    "first_of_join": "return db.query(User).join(User.posts).order_by(User.id).first()",
    "first_joined": "u = db.query(User).options(joinedload(User.posts)).order_by(User.id).first()\nreturn u, u.posts",
    "one": "return db.query(User).filter(User.id == 1).one()",
    "one_none": "return db.query(User).filter(User.id == 99).one()",
    "one_many": "return db.query(User).one()",
    "one_join": "return db.query(User).join(Post).filter(User.id == 1).one()",
    "one_or_none": "return db.query(User).filter(User.id == 9).one_or_none(), db.query(User).filter_by(id=2).one_or_none()",
    "one_or_none_many": "return db.query(User).one_or_none()",
    "one_or_none_join": "return db.query(User).join(Post).filter(User.id == 1).one_or_none()",
    "one_columns": "return db.query(User.id, User.name).filter(User.id == 1).one()",
    "scalar_column": "return db.query(User.name).filter(User.id == 2).scalar()",
    "scalar_none": "return db.query(User.name).filter(User.id == 99).scalar()",
    "scalar_null": "return db.query(User.age).filter(User.id == 3).scalar()",
    "scalar_many": "return db.query(User.name).scalar()",
    "scalar_entity": "return db.query(User).filter(User.id == 1).scalar()",
    "scalar_entity_join": "return db.query(User).join(Post).filter(User.id == 1).scalar()",
    "scalar_count": "return db.query(func.count(User.id)).scalar()",
    "scalar_count_label": "return db.query(func.count(User.id).label('n')).filter(User.age > 20).scalar()",
    "scalar_grouped": "return db.query(func.count(Post.id)).group_by(Post.title).scalar()",
    "scalar_two": "return db.query(User.id, User.name).filter(User.id == 1).scalar()",
    "scalar_two_aggregates": "return db.query(func.min(User.id), func.max(User.id)).scalar()",
    # counting
    "count": "return db.query(User).count()",
    "count_filtered": "return db.query(User).filter(User.age > 10).filter_by(name='ann').count()",
    "count_join": "return db.query(User).join(Post).count()",
    "count_join_filter_by": "return db.query(User).join(User.posts).filter_by(title='a').count()",
    "count_outer": "return db.query(User).outerjoin(User.posts).count()",
    "count_limited": "return db.query(User).limit(2).count()",
    "count_distinct": "return db.query(Post.title).distinct().count()",
    "count_entity_distinct": "return db.query(User).join(Post).distinct().count()",
    "count_grouped": "return db.query(Post.title).group_by(Post.title).count()",
    "count_ordered": "return db.query(User).order_by(User.name).count()",
    "count_rows": "return db.query(User, Post).filter(User.id == Post.author_id).count()",
    "count_column": "return db.query(User.age).count()",
    "count_eager": "return db.query(User).options(joinedload(User.posts)).count()",
    "count_eager_model": "return db.query(Shelf).count(), db.query(Shelf).limit(5).count()",
    "count_subclass": "return db.query(Manager).count(), db.query(Engineer).count(), db.query(Staff).count()",
    "count_alias": "a = aliased(User)\nreturn db.query(a).filter(a.id > 1).count()",
    "count_other_table": "return db.query(User).filter(User.id == Post.author_id).count()",
    "count_order_none": "return db.query(User).order_by(User.name).order_by(None).count()",
    "count_in_condition": "if db.query(User).filter(User.id == 1).count() > 0:\n    return 'yes'\nreturn 'no'",
    # getting
    "get": "return db.query(User).get(2), db.query(User).get(99)",
    "get_keyword": "return db.query(User).get(ident=2)",
    "get_options": "u = db.query(User).options(joinedload(User.posts)).get(1)\nreturn u, u.posts",
    "get_fresh": "u = db.query(User).get(1)\nu.name = 'x'\ndb.flush()\n"
    "return db.query(User).populate_existing().get(1).name",
    "get_locked": "return db.query(User).with_for_update().get(1), db.query(User).with_for_update(read=True).get(1)",
    # shapes
    "rows": "return db.query(User.id, User.name).order_by(User.id).all()",
    "rows_one_column": "return db.query(User.id).order_by(User.id).all()",
    "rows_unpack": "return [n for n, in db.query(User.name).order_by(User.id)]",
    "rows_names": "return [(r.id, r.name) for r in db.query(User.id, User.name).order_by(User.id).all()]",
    "rows_label": "return [r.n for r in db.query(User.name.label('n')).order_by(User.id)]",
    "rows_entities": "return db.query(User, Post).filter(User.id == Post.author_id).order_by(Post.id).all()",
    "rows_entity_column": "return db.query(User, Post.title).join(User.posts).order_by(Post.id).all()",
    "rows_duplicates": "return db.query(User, Post.title).join(Post).join(Post.tags).order_by(User.id, Post.id).all()",
    "rows_column_duplicates": "return db.query(User.name).join(Post).order_by(Post.id).all()",
    "rows_json": "return db.query(User, Post.data).join(Post).order_by(Post.id).all()",
    "rows_json_duplicates": "return db.query(User, Post.data).join(Post).join(Post.tags).order_by(Post.id).all()",
    "rows_aggregate": "return db.query(User, func.count(Post.id)).outerjoin(Post).group_by(User.id).order_by(User.id).all()",
    "rows_case": "return db.query(case((User.age > 20, 'old'), else_='young')).order_by(User.id).all()",
    "rows_expression": "return db.query(User.id + 1, User.name == 'ann').order_by(User.id).all()",
    "rows_cast": "return db.query(User, cast(User.age, String)).order_by(User.id).all()",
    "rows_cast_columns": "q = db.query(User.age, cast(User.age, String))\n"
    "return q.order_by(User.id).all(), list(q.subquery().c.keys())[:2]",
    "rows_cast_added": "return db.query(User).add_columns(cast(User.age, String)).order_by(User.id).all()",
    "rows_text": "return db.query(text('name')).select_from(User).order_by(User.id).all()",
    "rows_table": "return db.query(post_tags).order_by(post_tags.c.post_id, post_tags.c.tag_id).all()",
    "rows_table_column": "return db.query(post_tags.c.tag_id).distinct().order_by(post_tags.c.tag_id).all()",
    "rows_local_column": "n = func.count(Post.id).label('n')\n"
    "return db.query(Post.title, n).group_by(Post.title).order_by(n, Post.title).all()",
    "rows_one_local": "n = func.count(Post.id)\nreturn db.query(n).all()",
    "constructor": "return Query(User, db).order_by(User.id).all(), Query([User.id, User.name], session=db).count()",
    "constructor_later": "return Query(User).with_session(db).filter(User.id > 1).order_by(User.id).all()",
    "rows_starred": "columns = [User.id, User.name]\nreturn db.query(*columns).order_by(User.id).all()\n",
    "rows_appended": "columns = [User.id]\nif db:\n    columns.append(User.name)\nreturn db.query(*columns).order_by(User.id).all()",
    "bundle": "return [tuple(r[0]) for r in db.query(Bundle('b', User.id, User.name)).order_by(User.id)]",
    "alias": "a = aliased(User)\nreturn db.query(a).filter(a.name == 'bob').all()",
    "alias_self": "a = aliased(User)\nreturn db.query(User).filter(User.id < a.id).order_by(User.id).all()",
    "subclass": "return db.query(Manager).all(), db.query(Staff).order_by(Staff.id).all(), db.query(Engineer).all()",
    "subclass_filter": "return db.query(Engineer).filter(Engineer.language == 'c', Staff.name == 'eve').all()",
    # duplicates
    "join": "return db.query(User).join(Post).order_by(User.id).all()",
    "join_relationship": "return db.query(User).join(User.posts).order_by(User.id).all()",
    "join_condition": "return db.query(User).join(Post, Post.author_id == User.id).order_by(User.id).all()",
    "join_both": "return db.query(User).join(Post, User.posts).order_by(User.id).all()",
    "join_outer": "return db.query(User).join(Post, isouter=True).order_by(User.id).all()",
    "join_two": "return db.query(User).join(User.posts).join(Post.tags).order_by(User.id).all()",
    "join_alias": "p = aliased(Post)\nreturn db.query(User).join(p, User.posts).filter(p.score > 0).order_by(User.id).all()",
    "join_of_type": "p = aliased(Post)\nreturn db.query(User).join(User.posts.of_type(p)).order_by(User.id).all()",
    "join_and": "return db.query(User).join(User.posts.and_(Post.score > 1)).order_by(User.id).all()",
    "join_limited": "return db.query(User).join(Post).order_by(User.id).limit(2).all()",
    "join_to_one": "return db.query(Post).join(Post.author).order_by(Post.id).all()",
    "outerjoin": "return db.query(User).outerjoin(Post).filter(Post.id.is_(None)).all()",
    "cross": "return db.query(User).filter(User.id == Post.author_id).order_by(User.id).all()",
    "cross_variable": "same = User.id == Post.author_id\nreturn db.query(User).filter(same).order_by(User.id).all()",
    "cross_and": "return db.query(User).filter(and_(User.id == Post.author_id, Post.id > 0)).order_by(User.id).all()",
    "cross_subquery": "ids = db.query(Post.author_id).subquery()\n"
    "return db.query(User).filter(User.id == ids.c.author_id).order_by(User.id).all()",
    "cross_table": "return db.query(Post).filter(Post.id == post_tags.c.post_id).order_by(Post.id).all()",
    "cross_starred": "where = [User.id == Post.author_id]\nreturn db.query(User).filter(*where).order_by(User.id).all()",
    "joinedload": "return [(u, u.posts) for u in db.query(User).options(joinedload(User.posts)).order_by(User.id).all()]",
    "joinedload_limited": "return [(u, u.posts) for u in "
    "db.query(User).options(joinedload(User.posts)).order_by(User.id).limit(2)]",
    "joinedload_one": "return [(p, p.author) for p in db.query(Post).options(joinedload(Post.author)).order_by(Post.id)]",
    "joinedload_deep": "return [(p, p.author and p.author.posts) for p in db.query(Post)"
    ".options(joinedload(Post.author).joinedload(User.posts)).order_by(Post.id)]",
    "joinedload_variable": "how = joinedload(User.posts)\nreturn db.query(User).options(how).order_by(User.id).all()",
    "joinedload_one_row": "return db.query(User).options(joinedload(User.posts)).filter(User.id == 1).one().posts",
    "selectinload": "return [(u, u.posts) for u in db.query(User).options(selectinload(User.posts)).order_by(User.id)]",
    "contains_eager": "return [(u, u.posts) for u in db.query(User).join(User.posts)"
    ".options(contains_eager(User.posts)).order_by(User.id, Post.id)]",
    "eager_model": "return [(s, s.books) for s in db.query(Shelf).order_by(Shelf.id).all()]",
    "eager_model_one": "return db.query(Shelf).filter(Shelf.id == 1).one().books",
    "eager_model_first": "return db.query(Shelf).order_by(Shelf.id).first().books",
    "load_only": "return [u.name for u in db.query(User).options(load_only(User.name)).order_by(User.id)]",
    "select_from": "return db.query(User).select_from(Post).join(Post.author).order_by(User.id).all()",
    "select_from_columns": "return db.query(func.count(Post.id)).select_from(User).join(User.posts).scalar()",
    # criteria
    "filter_by_joined": "return db.query(User).join(User.posts).filter_by(title='b').all()",
    "filter_by_joined_class": "return db.query(User).join(Post).filter_by(id=3).all()",
    "filter_by_before": "return db.query(User).filter_by(id=1).join(Post).filter_by(id=2).all()",
    "filter_by_none": "return db.query(User).join(Post).filter_by(score=None).all()",
    "filter_by_either": "t = None\nreturn db.query(User).join(Post).filter_by(title=t or 'b').all()",
    "filter_by_reset": "return db.query(User).join(Post).reset_joinpoint().filter_by(name='ann').all()",
    "filter_by_two": "return db.query(User, Post).filter_by(id=1).order_by(Post.id).all()",
    "filter_by_added": "return db.query(User).add_columns(User.age + 1).filter_by(name='ann').all()",
    "filter_by_reshaped": "return db.query(Post).with_entities(User.name).filter_by(id=2).all()",
    "filter_by_below": "q = db.query(User).join(User.posts.and_(Post.id > 0)).distinct()\nq = q.filter_by(id=1)\n"
    "q = q.order_by(User.id)\nreturn q.all()",
    "filter_by_above": "q = db.query(User)\nq = q.filter_by(id=1)\nq = q.join(Post)\nreturn q.all()",
    "with_entities_of_table": "return db.query(Book.__table__).with_entities(Book).order_by(Book.id).all()",
    "filter_by_selected_from": "return db.query(func.count()).select_from(User).filter_by(name='ann').scalar()",
    "filter_by_twice": "p = aliased(Post)\nq = db.query(Post.id).join(p, p.author_id == Post.author_id)\n"
    "return q.filter_by(id=1).all()",
    "filter_by_of_type": "p = aliased(Post)\nreturn db.query(User).join(User.posts.of_type(p)).filter_by(id=3).all()",
    "filter_by_alias": "p = aliased(Post)\nreturn db.query(User).join(p, User.posts).filter_by(title='b').all()",
    "filter_several": "return db.query(User).filter(User.id > 0, or_(User.age > 25, User.age.is_(None))).order_by(User.id).all()",
    "filter_none": "return db.query(User).filter().order_by(User.id).all()",
    "filter_in": "return db.query(User).filter(User.id.in_([1, 3])).order_by(User.id).all()",
    "filter_in_query": "return db.query(User).filter(User.id.in_(db.query(Post.author_id))).order_by(User.id).all()",
    "filter_in_subquery": "sub = db.query(Post.author_id).filter(Post.score > 2).scalar_subquery()\n"
    "return db.query(User).filter(User.id.in_(sub)).all()",
    "filter_any": "return db.query(User).filter(User.posts.any(Post.title == 'b')).all()",
    "filter_has": "return db.query(Post).filter(Post.author.has(User.name == 'bob')).all()",
    "filter_exists": "sub = db.query(Post).filter(Post.author_id == User.id).exists()\n"
    "return db.query(User).filter(sub).order_by(User.id).all()",
    "filter_not_exists": "return db.query(User).filter(~db.query(Post).filter(Post.author_id == User.id).exists()).all()",
    "exists": "return db.query(db.query(User).filter(User.id == 1).exists()).scalar()",
    "exists_function": "return db.query(exists().where(User.id == 1, User.name != 'zz')).scalar()",
    "exists_function_labelled": "return db.query(exists().where(User.id == 99).label('there')).scalar()",
    "exists_function_filtered": "return db.query(exists().where(User.id == 1)).filter(User.id == 99).scalar()",
    "exists_function_beside": "return sorted(map(tuple, db.query(exists().where(User.id == 1), User.name).all()))",
    "exists_not": "return db.query(db.query(User).filter(User.id == 99).exists()).scalar()",
    "exists_aggregate": "q = db.query(func.max(User.id)).filter(User.id > 99)\nreturn db.query(q.exists()).scalar()",
    "exists_literal": "return db.query(literal(True)).filter(db.query(User).filter(User.id == 99).exists()).scalar()",
    "order_text": "return db.query(User).order_by(text('name desc')).all()",
    "order_string": "return db.query(User).order_by('name').all()",
    "order_desc": "return db.query(User).order_by(desc(User.name)).all()",
    "order_many": "return db.query(Post).order_by(Post.title, Post.id.desc()).all()",
    "group_having": "return db.query(Post.title, func.count()).group_by(Post.title).having(func.count() > 1).all()",
    "distinct": "return db.query(Post.title).distinct().order_by(Post.title).all()",
    "distinct_entity": "return db.query(User).join(Post).distinct().order_by(User.id).all()",
    "distinct_function": "return db.query(distinct(Post.title)).order_by(Post.title).all()",
    "params": "return db.query(User).filter(text('users.name = :n')).params(n='bob').all()",
    "lock": "return db.query(User).with_for_update().order_by(User.id).all()",
    "prefix": "return db.query(User.name).prefix_with('DISTINCT').order_by(User.name).all()",
    "with_parent": "u = db.query(User).filter(User.id == 1).one()\n"
    "return db.query(Post).with_parent(u, User.posts).order_by(Post.id).all()",
    "where": "return db.query(User).where(User.id == 1).all()",
    # iteration, slices, truth
    "iterate": "found = []\nfor user in db.query(User).order_by(User.id):\n    found.append(user.name)\nreturn found",
    "iterate_join": "return [u.name for u in db.query(User).join(Post).order_by(User.id)]",
    "iterate_set": "return {u.name for u in db.query(User)}",
    "iterate_dict": "return {u.id: u.name for u in db.query(User).order_by(User.id)}",
    "iterate_list": "return list(db.query(User).order_by(User.id))",
    "iterate_sorted": "return sorted(db.query(User), key=lambda u: u.name)",
    "iterate_enumerate": "return [(i, u) for i, u in enumerate(db.query(User).order_by(User.id))]",
    "iterate_star": "return [*db.query(User).order_by(User.id)]",
    "iterate_any": "return any(u.name == 'bob' for u in db.query(User))",
    "contains": "u = db.query(User).filter(User.id == 1).one()\nreturn u in db.query(User), u not in db.query(User)",
    "generator": "def names():\n    yield from db.query(User.name).order_by(User.id)\nreturn list(names())",
    "yield_per": "return [u.name for u in db.query(User).order_by(User.id).yield_per(1)]",
    "yield_per_named": "q = db.query(User).order_by(User.id).yield_per(10)\nreturn [u.name for u in q], q.all()",
    "yield_per_join": "return [u.name for u in db.query(User).join(Post).order_by(User.id).yield_per(10)]",
    "yield_per_all": "return db.query(User).join(Post).order_by(User.id).yield_per(10).all()",
    "slice": "return db.query(User).order_by(User.id)[1:3]",
    "slice_start": "return db.query(User).order_by(User.id)[1:]",
    "slice_end": "return db.query(User).order_by(User.id)[:2]",
    "slice_limited": "return db.query(User).order_by(User.id).offset(1).limit(2)[1:2]",
    "slice_limited_end": "return db.query(User).order_by(User.id).limit(2)[:5]",
    "slice_step": "return db.query(User).order_by(User.id)[0:3:2]",
    "slice_all": "return db.query(User).order_by(User.id)[:]",
    "slice_empty": "return db.query(User).order_by(User.id)[2:2]",
    "slice_method": "return db.query(User).order_by(User.id).slice(1, 3).all()",
    "slice_variables": "a, b = 0, 2\nreturn db.query(User).order_by(User.id)[a:a + b]",
    "slice_rows": "return db.query(User.id, User.name).order_by(User.id)[:1]",
    "index": "return db.query(User).order_by(User.id)[1]",
    "index_missing": "return db.query(User).order_by(User.id)[10]",
    "index_row": "return db.query(User.name).order_by(User.id)[0][0]",
    "truth": "q = db.query(User)\nif q:\n    return 'yes'\nreturn 'no'",
    "truth_not": "q = db.query(User)\nreturn 'no' if not q else q.count()",
    "truth_and": "q = db.query(User)\nif q and q.count():\n    return 'yes'\nreturn 'no'",
    "truth_and_few": "q = db.query(User).filter(User.id > 99)\nreturn 'yes' if q and q.count() > 1 else 'no'",
    "truth_not_or": "q = db.query(User).filter(User.id > 99)\nif not (q and q.count()):\n    return 'no'\nreturn 'yes'",
    "is_none": "q = db.query(User)\nreturn q is None, q is not None",
    # subqueries and reshaping
    "subquery": "sub = db.query(Post.author_id, func.count().label('n')).group_by(Post.author_id).subquery()\n"
    "return db.query(User.name, sub.c.n).join(sub, sub.c.author_id == User.id).order_by(User.id).all()",
    "subquery_entity": "sub = db.query(Post).filter(Post.score > 1).subquery()\n"
    "p = aliased(Post, sub)\nreturn db.query(User).join(p, User.posts).all()",
    "cte": "sub = db.query(Post.author_id).filter(Post.score > 1).cte('good')\n"
    "return db.query(User).join(sub, sub.c.author_id == User.id).all()",
    "label": "n = db.query(func.count(Post.id)).filter(Post.author_id == User.id).label('n')\n"
    "return db.query(User.name, n).order_by(User.id).all()",
    "as_scalar": "n = db.query(func.max(User.id)).scalar_subquery()\nreturn db.query(User).filter(User.id == n).one()",
    "correlate": "n = db.query(func.count(Post.id)).filter(Post.author_id == User.id).correlate(User).scalar_subquery()\n"
    "return db.query(User.name, n).order_by(User.id).all()",
    "with_entities": "return db.query(User).filter(User.id > 1).with_entities(User.name).order_by(User.id).all()",
    "with_entities_count": "return db.query(User).filter(User.id > 1).with_entities(func.count(User.id)).scalar()",
    "with_entities_entity": "return db.query(User.name).with_entities(User).order_by(User.id).all()",
    "with_entities_join": "return db.query(User).join(Post).with_entities(Post.title).order_by(Post.id).all()",
    "add_columns": "return db.query(User).add_columns(User.name).order_by(User.id).all()",
    "add_column_join": "return db.query(User).join(Post).add_columns(Post.title).order_by(Post.id).all()",
    "add_entity": "return db.query(User).join(Post).add_entity(Post).order_by(Post.id).all()",
    "only_tuples": "return [tuple(r) for r in db.query(User).only_return_tuples(True).order_by(User.id).all()]",
    "tuples": "return db.query(User.id, User.name).tuples().order_by(User.id).all()",
    "value": "return db.query(User).filter(User.id == 2).value(User.name)",
    "values": "return list(db.query(User).order_by(User.id).values(User.id, User.name))",
    "statement": "return db.execute(db.query(User).order_by(User.id).statement).scalars().all()",
    "text_of": "return 'FROM users' in str(db.query(User))",
    "whereclause": "return str(db.query(User).filter(User.id == 1).whereclause)",
    "descriptions": "return [d['name'] for d in db.query(User, Post.title).column_descriptions]",
    "with_labels": "return list(db.query(User.id, Post.id).with_labels().subquery().c.keys())",
    "from_statement": "return db.query(User).from_statement(text('select * from users order by id desc')).all()",
    "from_statement_first": "return db.query(User).from_statement(text('select * from users order by id desc')).first()",
    "enable_eagerloads": "return db.query(Shelf).enable_eagerloads(False).count()",
    "populate_existing": "u = db.query(User).filter(User.id == 1).one()\nu.name = 'x'\n"
    "return db.query(User).autoflush(False).populate_existing().order_by(User.id).all()[0].name",
    "autoflush": "db.add(User(id=9, name='new'))\nreturn db.query(User).autoflush(False).all(), "
    "db.query(func.count(User.id)).scalar()",
    "autoflush_count": "db.add(User(id=9, name='new'))\nreturn db.query(User).autoflush(False).count()",
    "execution_options": "return db.query(User).execution_options(populate_existing=True).order_by(User.id).all()",
    "options_of": "q = db.query(User).execution_options(a=1)\nreturn dict(q.get_execution_options())['a']",
    "label_style": "from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL\n"
    "q = db.query(User.id).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)\n"
    "return list(q.subquery().c.keys())",
    "apply_labels": "return list(db.query(User.id).apply_labels().subquery().c.keys()) if hasattr(Query, 'apply_labels') else 0",
    "suffix": "return db.query(User.name).order_by(User.id).suffix_with('-- x').all()",
    "hints": "return db.query(User).with_hint(User, 'x', 'mysql').with_statement_hint('y', 'mysql').order_by(User.id).all()",
    "selectable": "return db.execute(db.query(User.id).order_by(User.id).selectable).all()",
    "as_scalar_old": "n = db.query(func.max(User.id)).as_scalar()\nreturn db.query(User).filter(User.id == n).one()",
    # updates and deletes
    "update": "n = db.query(User).filter(User.id > 1).update({'name': 'x'})\nreturn n, db.query(User.name).order_by(User.id).all()",
    "update_all": "return db.query(User).update({User.age: 1})",
    "update_synchronised": "u = db.query(User).filter(User.id == 1).one()\n"
    "db.query(User).filter(User.id == 1).update({'name': 'y'}, synchronize_session='fetch')\nreturn u.name",
    "update_unsynchronised": "u = db.query(User).filter(User.id == 1).one()\n"
    "db.query(User).filter(User.id == 1).update({'name': 'y'}, synchronize_session=False)\nreturn u.name",
    "update_positional": "return db.query(User).filter_by(id=1).update({'age': User.age + 1}, False)",
    "update_keyword": "return db.query(User).filter_by(id=1).update(values={'age': 5}, synchronize_session=False)",
    "update_expression": "db.query(User).filter(User.id == 1).update({User.age: User.age + 5})\n"
    "return db.query(User).filter(User.id == 1).one().age",
    "update_flushes": "u = db.query(User).filter(User.id == 1).one()\nu.name = 'z'\n"
    "return db.query(User).filter(User.name == 'z').update({'age': 1}), u.age",
    "delete": "n = db.query(Tag).filter(Tag.id == 99).delete()\nm = db.query(Book).delete()\nreturn n, m, db.query(Book).all()",
    "delete_filter_by": "return db.query(Book).filter_by(shelf_id=1).delete(synchronize_session=False)",
    "delete_fetch": "return db.query(Book).filter(Book.id > 1).delete(synchronize_session='fetch')",
    "delete_in_session": "b = db.query(Book).filter(Book.id == 1).one()\ndb.query(Book).filter(Book.id == 1).delete()\n"
    "return b in db",
    "update_joined": "return db.query(User).join(Post).update({'name': 'x'})",
    "delete_limited": "return db.query(Book).limit(1).delete()",
    # queries that travel
    "statements": "q = db.query(User)\nq = q.filter(User.id > 1)\nq = q.order_by(User.id)\nreturn q.all(), q.count(), q.first()",
    "branches": "q = db.query(User)\nfor low in (None, 1):\n    if low is not None:\n        q = q.filter(User.id > low)\n"
    "return q.order_by(User.id).all()",
    "branches_join": "q = db.query(User)\nif q is not None:\n    q = q.join(Post)\nreturn q.order_by(User.id).all(), q.count()",
    "two_sites": "q = db.query(User) if db else db.query(User).filter(User.id > 1)\nreturn q.order_by(User.id).all()",
    "two_shapes": "q = db.query(User)\nif q is None:\n    q = db.query(User.id)\nreturn q.order_by(User.id).all()",
    "criteria_of_query": "q = db.query(Book).filter(Book.id == 1)\nbook = q.first()\nq.delete(synchronize_session=False)\n"
    "return q.count()",
    "update_of_query": "q = db.query(User).filter_by(id=1)\nif not q.first():\n    return None\n"
    "q.update({'name': 'q'})\nreturn q.one().name",
    "function": "def page(query, page):\n    return query.limit(1).offset(page).all()\n"
    "return page(db.query(User).order_by(User.id), 1)",
    "filters": "def adults(query: Query) -> Query:\n    return query.filter(User.age > 21)\n"
    "return adults(db.query(User)).all(), adults(db.query(User)).count()",
    "filters_two_shapes": "def adults(query):\n    return query.filter(User.age > 21)\n"
    "return adults(db.query(User)).all(), adults(db.query(User.name)).all()",
    "loop_criteria": "q = db.query(User)\nfor c in (User.id > 0, User.id < 3):\n    q = q.filter(c)\nreturn q.order_by(User.id).all()",
    "walrus": "if (q := db.query(User)) is not None:\n    return q.order_by(User.id).all()",
    "conditional": "old = True\nreturn (db.query(User).filter(User.age > 20) if old else db.query(User)).all()",
    "comprehension": "return [db.query(Post).filter(Post.author_id == u.id).count() for u in db.query(User).order_by(User.id)]",
    "nested": "return [[t.name for t in p.tags] for p in db.query(Post).filter("
    "Post.author_id == db.query(User).filter_by(name='ann').first().id).order_by(Post.id)]",
    "with_entities_later": "q = db.query(User, Post).join(Post)\nq = q.with_entities(User)\n"
    "q = q.order_by(User.id)\nreturn q.all(), q.count(), q.first()",
    "with_entities_returned": "def titles(session: Session):\n"
    "    return session.query(User).join(Post).with_entities(User, Post.title).order_by(Post.id)\n"
    "(user, title) = titles(db).first()\nreturn user, title, titles(db).all()",
    "filter_by_later": "q = db.query(User)\nq = q.join(User.posts)\nq = q.filter_by(id=1)\nreturn q.all()",
    "filter_by_later_clear": "q = db.query(User)\nq = q.join(User.posts)\nq = q.filter_by(title='b')\nreturn q.all()",
    "unpack": "a, b, c = db.query(User).order_by(User.id)\nreturn a, b, c",
    "from_method": "class Repo:\n    def __init__(self, db: Session):\n        self.db = db\n    def everybody(self):\n"
    "        return self.db.query(User).order_by(User.id)\nrepo = Repo(db)\nfound = repo.everybody()\n"
    "found = found.filter(User.id > 1)\nreturn found.all(), [u.id for u in repo.everybody()]",
    "from_alias": "class Repo:\n    def __init__(self, session: Session):\n        self.session = session\n"
    "    def everybody(self):\n        s = self.session\n        return s.query(User).order_by(User.id)\n"
    "    def names(self):\n        return [u.name for u in self.everybody()]\nreturn Repo(db).names()",
    "getattr": "wish = 'name'\ncolumns = [getattr(User, wish)]\nif db:\n    columns.append(User.id)\n"
    "return db.query(*columns).order_by(User.id).all()",
    "either_column": "column = User.name if db else User.age\nreturn db.query(column).order_by(User.id).all()",
    "filter_by_column": "return db.query(User.id).filter_by(name='ann').all()",
    "filter_by_count": "return db.query(func.count(User.id)).filter_by(name='ann').scalar()",
    "filter_by_columns": "return db.query(User.id, func.count(User.id)).filter_by(name='ann').group_by(User.id).all()",
    "filter_by_columns_joined": "return db.query(User.id, Post.id).filter_by(name='ann').join(Post).filter_by(id=1).all()",
    "from_function": "def everybody(session: Session):\n    return session.query(User).order_by(User.id)\n"
    "return everybody(db).all(), everybody(session=db).count()",
    "grouped": "from itertools import groupby\n"
    "return [(k, len(list(g))) for k, g in groupby(db.query(Post).order_by(Post.title, Post.id), key=lambda p: p.title)]",
    **UNIONS,
    **MEMBERS,
    "negative": "return db.query(User)[-1]",
    "custom_in": "names = ['ann', 'bob']\nreturn [u.id for u in db.query(User).filter(User.name.in_(names)).all()]",
}

#: cases that stay as they are, because there is no sure equal
STAY = frozenset(
    {
        "update_joined",
        "delete_limited",
        "negative",
        "filter_by_later",
        "filter_by_twice",
        "filter_by_below",
        "with_entities_of_table",
        "yield_per_named",
        "yield_per_later",
        "exists_aggregate",
        "autoflush_count",
        *LEGACY_UNIONS,
        *LEGACY_MEMBERS,
    }
)

#: the version of SQLAlchemy that came with what a legacy case uses
SINCE: Mapping[str, str] = {"tuples": "2.0"}

#: how the names of cases begin whose SQL may differ by more than labels, and why
OTHER_SQL: Mapping[str, str] = {
    "count": "the rows of one entity are counted without a subquery",
    "comprehension": "it counts",
    "exists": "EXISTS selects the columns, which no database reads, in place of 1",
    "filter_exists": "the same",
    "filter_not_exists": "the same",
    "union": "the compound statement is run itself, not a select from it",
    "slice_empty": "a Query does not send q[2:2] at all",
}


def source_of(cases: Mapping[str, str]) -> str:
    """A file with a function `case_NAME(db)` for each case."""
    functions = (f"\n\ndef case_{n}(db: Session):\n{textwrap.indent(b.strip(), '    ')}\n" for n, b in cases.items())
    return HEADER + "".join(functions)

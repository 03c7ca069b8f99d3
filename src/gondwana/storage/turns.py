"""Whose turn it is: runs that wait for workers of the same tag, in an order that is fair.

One person may have put thousands of runs into the line. So no query goes through all that wait:
the authors are found by going from one to the next in the index, and of each author's line only
the beginning is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import count

from sqlalchemy import text
from sqlalchemy.orm import Session

_SOME = 32

_TAGS = text("""
    WITH RECURSIVE known(tag) AS (
        SELECT (SELECT tag FROM runs WHERE status = 'waiting' ORDER BY tag LIMIT 1)
        UNION ALL
        SELECT (
            SELECT tag FROM runs WHERE status = 'waiting' AND tag > known.tag
            ORDER BY tag LIMIT 1
        )
        FROM known WHERE known.tag IS NOT NULL
    )
    SELECT tag FROM known WHERE tag IS NOT NULL
""")

_AUTHORS = text("""
    WITH RECURSIVE author(id) AS (
        SELECT (
            SELECT author_id FROM runs WHERE status = 'waiting' AND tag = :tag
            ORDER BY author_id LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT author_id FROM runs
            WHERE status = 'waiting' AND tag = :tag AND author_id > author.id
            ORDER BY author_id LIMIT 1
        )
        FROM author WHERE author.id IS NOT NULL
    )
    SELECT
        (
            SELECT count(*) FROM runs
            WHERE status IN ('queued', 'running') AND tag = :tag AND author_id = author.id
        ) AS at_work,
        (
            SELECT created FROM runs
            WHERE status = 'waiting' AND tag = :tag AND author_id = author.id
            ORDER BY created LIMIT 1
        ) AS since,
        author.id
    FROM author WHERE author.id IS NOT NULL
""")

_LINE = text("""
    SELECT id FROM runs WHERE status = 'waiting' AND tag = :tag AND author_id = :author
    ORDER BY created, id LIMIT :some OFFSET :start
""")


def tags(session: Session) -> list[str]:
    """Return the tags whose workers some run waits for."""
    return list(session.scalars(_TAGS))


def in_turn(session: Session, tag: str) -> Iterator[str]:
    """Go through the waiting runs of a tag, with a query for each author whose turn comes.

    The next is always the author of whom the fewest runs are queued or running, of equal ones the
    one who waits the longest; the runs of one author are in the order in which they came.
    """
    turns = [tuple(row) for row in session.execute(_AUTHORS, {"tag": tag})]
    lines = {author: _line(session, tag, author) for _, _, author in turns}
    heapify(turns)
    while turns:
        at_work, since, author = heappop(turns)
        run_id = next(lines[author], None)
        if run_id is not None:
            yield run_id
            heappush(turns, (at_work + 1, since, author))


def _line(session: Session, tag: str, author: str) -> Iterator[str]:
    """Go through the waiting runs of one author, the oldest first, some at a time."""
    for start in count(step=_SOME):
        wanted = {"tag": tag, "author": author, "some": _SOME, "start": start}
        found = session.scalars(_LINE, wanted).all()
        yield from found
        if len(found) < _SOME:
            return

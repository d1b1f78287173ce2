from sipapp.accounts.recent_marks import RecentMarks


def test_texts_are_known_for_a_while_and_only_together():
    now = [100.0]
    marks = RecentMarks(10, 5, lambda: now[0])
    assert not marks.has("zoë", "secret")
    marks.add("zoë", "secret")
    assert marks.has("zoë", "secret")
    assert not marks.has("zoë", "other")
    assert not marks.has("zoë\0secret", "")
    now[0] = 109.9
    marks.add("\ud800", "")  # what is no text of a form
    assert marks.has("zoë", "secret")
    now[0] = 110.0
    assert not marks.has("zoë", "secret")


def test_of_too_many_the_oldest_are_dropped():
    marks = RecentMarks(10, 2)
    for name in ("a", "b", "a", "c"):
        marks.add(name)
    assert [name for name in "abc" if marks.has(name)] == ["a", "c"]

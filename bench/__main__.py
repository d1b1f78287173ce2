"""Measure everything: ``python bench``, or ``make bench``."""

import apply_change
import cold_index
import create_many
import history
import list_page
import live_status
import million
import one_of_many
import reset_password

for each in (
    cold_index,
    list_page,
    one_of_many,
    reset_password,
    create_many,
    apply_change,
    history,
    live_status,
    million,
):
    each.main()

"""One bad item, of whatever kind and wherever in a file, costs no other item: walked over every form that is read."""

from __future__ import annotations

import pytest

from tests.service.adapters.planted import Form, check
from tests.service.adapters.planted_bodies import BODIES
from tests.service.adapters.planted_documents import CAMT, PAIN
from tests.service.adapters.planted_tables import TABLES

FORMS = [pytest.param(form, id=form.name) for form in (*TABLES, CAMT.form, PAIN.form, *(body.form for body in BODIES))]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_without_a_bad_item_is_read_whole(form: Form) -> None:
    items, kept = form.read(form.good)
    assert (sorted(items), kept) == (sorted(form.items), [])


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_value_costs_at_most_its_own_item_which_is_kept_with_its_reason(form: Form) -> None:
    for plant in form.plants():
        check(form, plant)

"""What is known of a study checks itself."""

import pytest

from cmrmap.core.errors import InputError


def test_maps_come_in_their_order_and_nothing_is_changed_later(study):
    with pytest.raises(InputError, match="in this order"):
        study(maps=study().maps[::-1])
    with pytest.raises(TypeError):
        study().input.skipped["more"] = 1

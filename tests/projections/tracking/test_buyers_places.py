"""Where something happened, without who carries it."""

import pytest

from projections.tracking.buyers_places import place_for_buyers


@pytest.mark.parametrize(
    ("location", "carrier", "shown"),
    [
        ("ARRAS CHRONOPOST", "chronopost", "ARRAS"),
        ("HUB CHILLY MAZARIN CHRONOPOST", "Chronopost", "HUB CHILLY MAZARIN"),
        ("DHL Hub, Leipzig", "dhl_express", "Hub, Leipzig"),
        ("USPS, Los Angeles", "usps_international", "Los Angeles"),
        ("China Post, Shanghai", "china-post", "Shanghai"),
        ("Newark (GLS)", "gls", "Newark"),
        ("CargoStar", "CargoStar", ""),
        ("圆通速递 上海", "圆通速递", "上海"),
        ("D.H.L. Express, Bonn", "dhl_express", "Bonn"),
        ("Bonn DHL / DHL EXPRESS Köln", "dhl_express", "Bonn / Köln"),
    ],
)
def test_a_carriers_own_name_is_not_shown(location: str, carrier: str, shown: str) -> None:
    assert place_for_buyers(location, carrier) == shown


@pytest.mark.parametrize(
    ("location", "carrier"),
    [
        ("Singapore - Singapore", "singapore-post"),
        ("Los Angeles, CA", "laposte"),
        ("LA", "la-poste"),
        ("Glasgow", "gls"),
        ("Upson, WI", "ups"),
        ("Berlin, DE", ""),
        ("Berlin, DE", "-"),
        ("", "dhl"),
    ],
)
def test_a_place_is_shown_as_it_was_reported(location: str, carrier: str) -> None:
    assert place_for_buyers(location, carrier) == location

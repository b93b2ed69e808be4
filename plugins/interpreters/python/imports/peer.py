"""Binds the import peer: peer_details."""

from imports.call import check_phase
from wit_world.imports import peer


def peer_details():
    """What is known of the peer beside its address: `user`, `tls` and `proxy`. What isn't known is None."""
    check_phase("peer_details")
    return peer.details()

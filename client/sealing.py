"""The codec of this process, as its settings have it."""

from client.key_rings import key_ring
from config.settings import Settings
from workflows.runtime.codec import SealingCodec


def codec_by(settings: Settings, namespace: str = "") -> SealingCodec | None:
    """Return the codec for payloads, or None if there are no keys. Without encryption it only opens."""
    ring = key_ring(settings)
    return SealingCodec(ring, namespace, seals=settings.keys.seals) if ring else None

"""Recognizing folders of images."""

from __future__ import annotations

from datamaestro.plugins import Candidate, ValueProposal

__all__ = ["recognize_folder"]

SUFFIXES = frozenset([".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"])


def recognize_folder(candidate: Candidate) -> ValueProposal | None:
    """Propose `ImagesByFolder` where all images lie equally deep, in two folders or more."""
    if not candidate.path.is_dir():
        return None
    images = [
        path.relative_to(candidate.path)
        for path in candidate.path.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(candidate.path).parts)
    ]
    depths = {len(image.parts) - 1 for image in images}
    folders = {image.parent for image in images}
    if len(depths) != 1 or len(folders) < 2:
        return None
    (depth,) = depths
    parameters = {} if depth == 1 else {"depth": depth}
    return ValueProposal("datamaestro_image.data:ImagesByFolder", parameters)

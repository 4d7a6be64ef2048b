"""What a context is asked to do with a dataset: prepare it, plan that, tell what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro import address
from datamaestro.errors import ParameterError
from datamaestro.plugins.request import PrepareRequest
from datamaestro.preparation.operations import (
    build,
    missing_resources,
    prepared_folder,
    run,
    run_again,
)
from datamaestro.preparation.parts import part_of, wanted_parts

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.preparation.plan import Plan

__all__ = ["folder", "get", "missing", "plan", "prepare"]

Variant = Mapping[str, Any] | None


def prepare(
    context: Context,
    dataset: Any,
    variant: Variant,
    only: Iterable[str],
    *,
    download: bool | None,
    force: bool,
) -> Any:
    """See :meth:`datamaestro.context.Context.prepare`."""
    if force and download is False:
        raise ParameterError(
            "what may not be fetched can't be fetched again",
            expected="force=True, or download=False",
            found="both",
        )
    found = address.find(context.catalog, dataset, variant)
    definition, parts = found.definition, wanted_parts(found.part, only)
    make = run_again if force else run
    request = PrepareRequest(
        definition,
        context,
        dict(definition.variant),
        download,
        build=lambda: part_of(build(definition, context), found.part),
        prepare=lambda: part_of(make(definition, context, parts), found.part),
        only=parts,
        part=found.part,
        force=force,
    )
    answer = context.plugins.prepare(request)
    if answer is not None:
        return answer
    return request.build() if download is False else request.prepare()


def get(context: Context, dataset: Any, variant: Variant) -> Any:
    """See :meth:`datamaestro.context.Context.get`."""
    found = address.find(context.catalog, dataset, variant)
    return part_of(build(found.definition, context), found.part)


def missing(context: Context, dataset: Any, variant: Variant, only: Iterable[str]) -> list[str]:
    """See :meth:`datamaestro.context.Context.missing`."""
    found = address.find(context.catalog, dataset, variant)
    return missing_resources(found.definition, context, wanted_parts(found.part, only))


def plan(context: Context, dataset: Any, variant: Variant, only: Iterable[str]) -> Plan:
    """See :meth:`datamaestro.context.Context.plan`."""
    from datamaestro.preparation import plan as plans

    found = address.find(context.catalog, dataset, variant)
    return plans.plan(found.definition, context, wanted_parts(found.part, only))


def folder(context: Context, dataset: Any, variant: Variant) -> Path:
    """See :meth:`datamaestro.context.Context.folder`."""
    return prepared_folder(address.find(context.catalog, dataset, variant).definition, context)

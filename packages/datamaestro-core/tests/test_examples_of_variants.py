"""The variants that a contract takes for all."""

from __future__ import annotations

from enum import Enum

from datamaestro.data import Generic
from datamaestro.definitions import dataset
from datamaestro.errors import QueryError
from datamaestro.testing.examples import examples
from datamaestro.variants import AxesVariants, Axis, Variants


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Years(Variants):
    """A million years."""

    def resolve(self, **values):
        return values

    def parse_selector(self, selector):
        raise NotImplementedError

    def format_selector(self, values):
        return f"[year={values['year']}]"

    def enumerate(self):
        return ({"year": year} for year in range(1_000_000))


class EvenYears(Years):
    """Half of them."""

    def resolve(self, **values):
        if values["year"] % 2:
            raise QueryError("no such year")
        return values


def selectors(variants):
    @dataset(id="org.example.corpus", variants=variants)
    def corpus() -> Generic:
        """A dataset for tests"""
        return Generic()

    return [variant.id.removeprefix("org.example.corpus") for variant in examples(corpus)]


def test_a_dataset_without_variants_stands_for_itself():
    assert selectors(None) == [""]


def test_the_defaults_come_first_and_then_another_value_of_each_axis():
    axes = AxesVariants(
        lang=Axis(["de", "en", "fr"], default="en"), size=Axis(["small", "large", "huge"])
    )
    assert selectors(axes) == [
        "[lang=en,size=small]",
        "[lang=de,size=small]",
        "[lang=en,size=large]",
    ]


def test_truth_and_enumerations_have_values_without_a_list():
    axes = AxesVariants(clean=Axis(type=bool, default=True), size=Axis(type=Size))
    assert selectors(axes) == [
        "[clean=true,size=small]",
        "[clean=false,size=small]",
        "[clean=true,size=large]",
    ]


def test_an_open_axis_has_its_default_alone():
    assert selectors(AxesVariants(limit=Axis(type=int, default=10))) == ["[limit=10]"]


def test_an_axis_whose_values_nobody_knows_leaves_nothing_to_choose():
    assert selectors(AxesVariants(limit=Axis(type=int))) == []


def test_variants_that_share_an_id_count_once():
    axes = AxesVariants(order=Axis(["up", "down"], in_id=False), lang=Axis(["fr"]))
    assert selectors(axes) == ["[lang=fr]"]


def test_of_variants_without_axes_there_are_some():
    assert selectors(Years()) == [f"[year={year}]" for year in range(8)]


def test_a_combination_that_is_not_defined_is_left_out():
    assert selectors(EvenYears()) == [f"[year={year}]" for year in (0, 2, 4, 6)]

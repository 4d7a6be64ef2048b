import pytest

from datamaestro.context import Context
from datamaestro.data import File, Folder
from datamaestro.definitions import Dataset, dataset, datatags, datatasks, metadataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, Source
from datamaestro.errors import DefinitionError


class Written(FileResource):
    """Writes a text."""

    def __init__(self, filename, text="", **arguments):
        super().__init__(filename, **arguments)
        self.text = text

    def _download(self, destination):
        destination.write_text(self.text)


class Tree(FolderResource):
    def _download(self, destination):
        destination.mkdir()
        (destination / "a").write_text("a")


def in_function_style():
    @datatags("digits")
    @datatasks("classification")
    @Written("data.txt", "1")
    @dataset(File, id="org.example.digits", url="https://example.org")
    def digits(data):
        """Digits

        Some digits.
        """
        return {"path": data}

    return digits


def in_class_style():
    @datatags("digits")
    @datatasks("classification")
    @dataset(id="org.example.digits", url="https://example.org")
    class Digits(Dataset):
        """Digits

        Some digits.
        """

        DATA = Written("data.txt", "1")

        def config(self) -> File:
            return File(path=self.DATA.path)

    return Digits.__dataset__


STYLES = pytest.mark.parametrize("style", [in_function_style, in_class_style])


@STYLES
@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("id", "org.example.digits"),
        ("name", "Digits"),
        ("description", "Some digits."),
        ("url", "https://example.org"),
        ("type", File),
        ("tags", {"digits"}),
        ("tasks", {"classification"}),
    ],
)
def test_both_styles_declare_the_same(style, attribute, value):
    assert getattr(style(), attribute) == value


@STYLES
def test_both_styles_give_the_same_value(style, context: Context):
    value = context.prepare(style())
    assert value.path.read_text() == "1"
    assert value.path.is_relative_to(context.datapath / "__custom__")
    assert value.path.parts[-4:] == ("org", "example", "digits", "data.txt")


def test_a_function_argument_is_named_after_the_file():
    assert list(in_function_style().resources) == ["data"]


def test_a_class_resource_is_named_after_its_attribute():
    assert list(in_class_style().resources) == ["DATA"]


def test_resources_keep_the_order_of_reading():
    @Written("first.txt")
    @Written("second.txt")
    @dataset(File, id="org.example.two")
    def two(first, second):
        """Two"""

    assert list(two.resources) == ["first", "second"]


def test_a_function_may_return_its_value_itself(context):
    @Written("data.txt")
    @dataset(id="org.example.own")
    def own(data) -> File:
        """Own"""
        return File(path=data)

    assert context.prepare(own).path.name == "data.txt"


def test_the_id_is_the_module_path_and_the_name(definitions, site_packages):
    package = site_packages / "things" / "config" / "org"
    package.mkdir(parents=True)
    (package / "example.py").write_text(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "@dataset(File)\ndef ProcessedMNIST(): ...\n"
        "@dataset(File, id='')\ndef whatever(): ...\n"
        "@dataset(File, id='.8.topics')\ndef topics(): ...\n"
        "@dataset(File, id='com.other')\ndef other(): ...\n"
    )
    import things.config.org.example as module

    assert module.ProcessedMNIST.id == "org.example.processed.mnist"
    assert module.whatever.id == "org.example"
    assert module.topics.id == "org.example.8.topics"
    assert module.other.id == "com.other"


def error_of(call) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        call()
    return caught.value


def test_outside_a_config_package_an_id_is_needed():
    def declare():
        @dataset(File)
        def nameless(): ...

    error = error_of(declare)
    assert "nameless gets no id" in str(error)
    assert error.where is not None
    assert __file__ in error.where


def test_an_error_names_the_line_of_the_definition():
    def declare():
        @dataset(File)
        def nameless(): ...

    line = int(error_of(declare).where.rpartition(":")[2])
    assert 0 < line - declare.__code__.co_firstlineno <= 2


def test_an_id_that_can_be_none_is_refused():
    with pytest.raises(DefinitionError, match="can't be a dataset id"):
        dataset(File, id="a b")(lambda: None)


def test_a_resource_that_is_named_twice_is_an_error():
    def declare():
        @Written("a.txt", name="same")
        @Written("b.txt", name="same")
        @dataset(File, id="org.example.twice")
        def twice(same): ...

    assert "two resources are named 'same': expected another name='…'" in str(error_of(declare))


def test_two_resources_in_one_place_are_an_error_even_if_they_differ_by_case():
    def declare():
        @dataset(id="org.example.twice")
        class Twice(Dataset):
            A = Written("a.txt")
            B = Written("A.txt")

            def config(self) -> File: ...

    assert "are both stored as a.txt" in str(error_of(declare))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("a", "A/b", "'TWO' is stored in a, which is where 'ONE' is"),
        ("a/b/c", "a", "'ONE' is stored in a, which is where 'TWO' is"),
    ],
)
def test_no_resource_may_lie_in_the_place_of_another(first, second, message):
    def declare():
        @dataset(id="org.example.nested")
        class Nested(Dataset):
            ONE = Written(first)
            TWO = Written(second)

            def config(self) -> File: ...

    assert message in str(error_of(declare))


def test_resources_may_lie_beside_each_other_in_one_folder():
    @dataset(id="org.example.beside")
    class Beside(Dataset):
        ONE = Written("a/b")
        TWO = Written("a/c")
        THREE = Written("ab")

        def config(self) -> File: ...

    assert [*Beside.__dataset__.resources] == ["ONE", "TWO", "THREE"]


def test_an_argument_that_no_resource_fills_is_an_error(context):
    @Written("data.txt")
    @dataset(File, id="org.example.unfilled")
    def unfilled(dat):
        """Unfilled"""

    error = error_of(lambda: context.prepare(unfilled))
    assert "no resource fills the argument 'dat'" in str(error)
    assert error.expected == "one of data"
    assert error.where.startswith(__file__)


def test_a_resource_whose_name_can_not_be_an_argument_is_told_of(context):
    @Written("train-set.txt")
    @dataset(File, id="org.example.dashed")
    def dashed(train_set):
        """Dashed"""

    error = error_of(lambda: context.prepare(dashed))
    assert error.hint == "'train-set' can't be an argument; give it a name='…'"


def test_tags_in_a_list_are_told_how_they_are_written():
    error = error_of(lambda: datatags(["images", "digits"]))
    assert error.expected.endswith('@datatags("one", "two")')


def test_an_argument_with_a_default_needs_no_resource(context):
    @Written("data.txt")
    @dataset(File, id="org.example.default")
    def with_default(data, scale=1):
        """Default"""
        return {"path": data}

    assert context.prepare(with_default).path.name == "data.txt"


def test_a_circle_of_resources_is_an_error():
    def declare():
        first = Written("a.txt")
        second = Written("b.txt")
        first.after = second
        second.after = first

        @dataset(id="org.example.circle")
        class Circle(Dataset):
            FIRST = first
            SECOND = second

            def config(self) -> File: ...

    assert "in a circle: FIRST → SECOND → FIRST" in str(error_of(declare))


@pytest.mark.parametrize("base", [None, int, "File"])
def test_a_definition_without_a_data_type_is_an_error(base):
    with pytest.raises(DefinitionError, match="data type"):
        dataset(base, id="org.example.untyped")(lambda: None)


def test_a_class_that_is_no_dataset_is_refused():
    with pytest.raises(DefinitionError, match="can't be declared as a dataset"):
        dataset(File, id="org.example.wrong")(type("Wrong", (File,), {}))


def test_a_dataset_is_declared_once():
    with pytest.raises(DefinitionError, match="is a dataset already"):
        dataset(File, id="org.example.again")(in_function_style())


def test_a_misspelt_attribute_of_a_definition_names_what_exists():
    with pytest.raises(AttributeError, match=r"no attribute 'tgas'; it has: .*tags"):
        in_function_style().tgas  # noqa: B018


def test_a_definition_that_returns_something_else_is_an_error(context):
    @dataset(File, id="org.example.wrong")
    def wrong():
        """Wrong"""
        return 3

    assert "expected a File, or a dict" in str(error_of(lambda: context.prepare(wrong)))


def test_a_wrong_parameter_in_a_definition_tells_its_line(context):
    @dataset(File, id="org.example.wrong")
    def wrong():
        """Wrong"""
        return {"pth": "x"}

    error = error_of(lambda: context.prepare(wrong))
    assert "File has no parameter 'pth'" in str(error)
    assert error.where.startswith(__file__)


def test_a_data_type_that_only_a_function_knows_may_be_given_to_the_decorator():
    def told() -> "Local":  # noqa: F821
        """Told"""

    with pytest.raises(DefinitionError, match="'Local' is not defined") as caught:
        dataset(id="org.example.told")(told)
    assert "@dataset(DATA_TYPE)" in caught.value.hint


def test_tags_and_tasks_of_a_data_type_are_inherited():
    @datatags("images")
    @datatasks("classification")
    class Images(File): ...

    @datatags("small")
    @dataset(type("SmallImages", (Images,), {}), id="org.example.images")
    def images(): ...

    assert images.tags == {"images", "small"}
    assert images.tasks == {"classification"}


def test_tags_and_tasks_of_a_class_may_stand_below_its_declaration():
    @dataset(id="org.example.tagged")
    @datatags("images")
    @datatasks("classification")
    class Tagged(Dataset):
        def config(self) -> File: ...

    assert Tagged.__dataset__.tags == {"images"}
    assert Tagged.__dataset__.tasks == {"classification"}


def test_a_metadataset_shares_a_data_type_and_tags():
    @datatags("shared")
    @metadataset(Folder)
    class Shared: ...

    @dataset(Shared, id="org.example.shared")
    def shared(): ...

    assert (shared.type, shared.tags) == (Folder, {"shared"})


def test_tags_of_one_data_type_do_not_reach_its_ancestors():
    @datatags("special")
    class Special(File): ...

    @dataset(File, id="org.example.plain")
    def plain(): ...

    assert plain.tags == frozenset()


def test_a_class_inherits_the_resources_of_its_base():
    class Common(Dataset):
        SHARED = Written("shared.txt")

        def config(self) -> File:
            return File(path=self.SHARED.path)

    @dataset(id="org.example.derived")
    class Derived(Common):
        OWN = Written("own.txt")

    assert list(Derived.__dataset__.resources) == ["SHARED", "OWN"]


def test_a_resource_that_is_only_declared_has_no_path():
    with pytest.raises(AttributeError, match="only declared"):
        Written("a.txt").path  # noqa: B018


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/x",
        ".x",
        "a/../../x",
        "",
        "a/" + 101 * "\u00e9",
        "C:/x",
        "x:stream",
        "a\\..\\..\\x",
    ],
)
def test_a_resource_has_a_place_in_the_folder_of_its_dataset(name):
    with pytest.raises(DefinitionError, match="not a name in a dataset's folder"):
        Written(name)


def test_files_copied_from_a_resource_are_made_after_it():
    tree = Tree("tree")
    copied = FilesCopy(tree, {"b": "a"})
    assert copied.dependencies == (tree,)


@pytest.mark.parametrize(
    "arguments", [{"sha256": "abc"}, {"md5": "g" * 32}, {"url": "no-scheme"}, {"url": ""}]
)
def test_a_source_that_cannot_be_right_is_refused(arguments):
    error = error_of(lambda: Source.of(**{"url": "https://example.org/x", **arguments}))
    assert "expected" in str(error)
    assert error.where.startswith(__file__)


def test_a_handler_below_the_dataset_says_where_it_belongs():
    with pytest.raises(DefinitionError, match="expected @dataset below it"):
        Written("a.txt")(lambda: None)


def test_a_resource_without_a_name_says_what_to_name():
    with pytest.raises(DefinitionError, match="a Tree that decorates a dataset needs a name"):
        Tree()(in_function_style())

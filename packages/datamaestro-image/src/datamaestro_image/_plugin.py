"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, RepositorySpec, hookimpl

__all__ = ["datamaestro_data_types", "datamaestro_repositories"]


@hookimpl
def datamaestro_repositories() -> tuple[RepositorySpec, ...]:
    """Describe the repository."""
    return (RepositorySpec("image", "datamaestro_image:Repository", "Datasets of images"),)


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return tuple(
        DataTypeSpec(name, f"datamaestro_image.data:{name}", summary)
        for name, summary in (
            ("Images", "Images of one size"),
            ("ImagesByFolder", "Images in files, in one folder for each class"),
            ("LabelledImages", "Images of one size, and a class for each"),
            ("AnnotatedImages", "Labelled images, and more facts about each"),
            ("ImageClassification", "Labelled images, split for training and testing"),
        )
    )

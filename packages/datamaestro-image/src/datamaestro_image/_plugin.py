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
    samples = "datamaestro_image.samples"
    return (
        DataTypeSpec("Images", "datamaestro_image.data:Images", "Images of one size"),
        DataTypeSpec(
            "ImagesByFolder",
            "datamaestro_image.data:ImagesByFolder",
            "Images in files, in one folder for each class",
            recognize="datamaestro_image.recognition:recognize_folder",
            sample=f"{samples}:by_folder",
        ),
        DataTypeSpec(
            "LabelledImages",
            "datamaestro_image.data:LabelledImages",
            "Images of one size, and a class for each",
            sample=f"{samples}:labelled",
        ),
        DataTypeSpec(
            "AnnotatedImages",
            "datamaestro_image.data:AnnotatedImages",
            "Labelled images, and more facts about each",
            sample=f"{samples}:annotated",
        ),
        DataTypeSpec(
            "ImageClassification",
            "datamaestro_image.data:ImageClassification",
            "Labelled images, split for training and testing",
        ),
        DataTypeSpec(
            "Column",
            "datamaestro_image.views:Column",
            "One column of a table",
            sample=f"{samples}:column",
        ),
        DataTypeSpec(
            "Transposed",
            "datamaestro_image.views:Transposed",
            "Images whose rows are stored as columns",
            sample=f"{samples}:transposed",
        ),
    )

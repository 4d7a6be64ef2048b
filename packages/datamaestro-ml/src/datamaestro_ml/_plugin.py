"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, RepositorySpec, hookimpl

__all__ = ["datamaestro_data_types", "datamaestro_repositories"]


@hookimpl
def datamaestro_repositories() -> tuple[RepositorySpec, ...]:
    """Describe the repository."""
    return (
        RepositorySpec(
            "ml", "datamaestro_ml:Repository", "Datasets for machine learning in general"
        ),
    )


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return (
        DataTypeSpec(
            "WineQuality", "datamaestro_ml.data:WineQuality", "Red and white wines, as matrices"
        ),
    )

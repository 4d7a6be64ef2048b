from datamaestro.plugins import RepositorySpec, hookimpl


@hookimpl
def datamaestro_repositories() -> tuple[RepositorySpec, ...]:
    return (
        RepositorySpec(
            "ml", "datamaestro_ml:Repository", "Datasets for machine learning in general"
        ),
    )

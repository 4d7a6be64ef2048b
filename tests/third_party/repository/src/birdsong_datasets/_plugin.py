from datamaestro.plugins import DataTypeSpec, RepositorySpec, hookimpl


@hookimpl
def datamaestro_repositories():
    yield RepositorySpec("birdsong", "birdsong_datasets:Birdsong", "Songs of birds")


@hookimpl
def datamaestro_data_types():
    yield DataTypeSpec("Checklist", "birdsong_datasets.data:Checklist", "Names of species")

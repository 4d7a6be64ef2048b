"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, RepositorySpec, hookimpl

__all__ = ["datamaestro_data_types", "datamaestro_repositories"]


@hookimpl
def datamaestro_repositories() -> tuple[RepositorySpec, ...]:
    """Describe the repository."""
    return (
        RepositorySpec(
            "text",
            "datamaestro_text:Repository",
            "Datasets of text: language processing and information retrieval",
        ),
    )


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return (
        DataTypeSpec(
            "ClassifiedLines",
            "datamaestro_text.data:ClassifiedLines",
            "Texts, one a line, in a file for each class",
        ),
        DataTypeSpec(
            "ParallelLines",
            "datamaestro_text.data:ParallelLines",
            "Texts, one a line, in a file for each language",
        ),
        DataTypeSpec(
            "Translation",
            "datamaestro_text.data:Translation",
            "Parallel texts, split for training and testing",
        ),
        DataTypeSpec(
            "Retrieval",
            "datamaestro_text.data:Retrieval",
            "Documents, queries, and judgements of relevance",
        ),
        DataTypeSpec(
            "CoNLLU",
            "datamaestro_text.conllu:CoNLLU",
            "Sentences with their syntax, in a CoNLL-U file",
            sample="datamaestro_text.samples:write_conllu",
        ),
        DataTypeSpec(
            "Treebank",
            "datamaestro_text.conllu:Treebank",
            "Sentences with their syntax, split for training and testing",
        ),
    )

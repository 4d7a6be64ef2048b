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
    return tuple(
        DataTypeSpec(target.rpartition(":")[2], f"datamaestro_text.{target}", summary)
        for target, summary in (
            ("data:ClassifiedLines", "Texts, one a line, in a file for each class"),
            ("data:ParallelLines", "Texts, one a line, in a file for each language"),
            ("data:Translation", "Parallel texts, split for training and testing"),
            ("data:Retrieval", "Documents, queries, and judgements of relevance"),
            ("conllu:CoNLLU", "Sentences with their syntax, in a CoNLL-U file"),
            ("conllu:Treebank", "Sentences with their syntax, split for training and testing"),
        )
    )

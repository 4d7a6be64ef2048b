"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, hookimpl

__all__ = ["datamaestro_data_types"]


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return (
        DataTypeSpec(
            "Generic",
            "datamaestro_format_csv:Generic",
            "A table in a CSV file",
            recognize="datamaestro_format_csv.recognition:recognize",
            sample="datamaestro_format_csv.samples:write_table",
        ),
        DataTypeSpec(
            "Matrix",
            "datamaestro_format_csv:Matrix",
            "A matrix of numbers in a CSV file",
            recognize="datamaestro_format_csv.recognition:recognize",
            sample="datamaestro_format_csv.samples:write_matrix",
        ),
    )

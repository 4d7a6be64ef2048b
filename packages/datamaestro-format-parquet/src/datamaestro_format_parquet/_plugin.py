"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, hookimpl

__all__ = ["datamaestro_data_types"]


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return (
        DataTypeSpec(
            "Parquet",
            "datamaestro_format_parquet:Parquet",
            "A table in a Parquet file",
            recognize="datamaestro_format_parquet.recognition:recognize",
            sample="datamaestro_format_parquet.samples:write_sample",
        ),
    )

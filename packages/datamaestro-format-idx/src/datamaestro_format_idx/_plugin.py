"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, hookimpl

__all__ = ["datamaestro_data_types"]


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return (
        DataTypeSpec(
            "IDX",
            "datamaestro_format_idx:IDX",
            "A tensor in an IDX file, mapped into memory",
            recognize="datamaestro_format_idx.recognition:recognize",
            sample="datamaestro_format_idx.samples:write_sample",
        ),
    )

"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, hookimpl

__all__ = ["datamaestro_data_types"]


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return (
        DataTypeSpec("Lines", "datamaestro_format_text:Lines", "Lines of text"),
        DataTypeSpec("JSONLines", "datamaestro_format_text:JSONLines", "One JSON value a line"),
        DataTypeSpec("TSV", "datamaestro_format_text:TSV", "Rows of fields with tabs between"),
    )

"""What this distribution adds to datamaestro."""

from datamaestro.plugins import DataTypeSpec, hookimpl

__all__ = ["datamaestro_data_types"]


@hookimpl
def datamaestro_data_types() -> tuple[DataTypeSpec, ...]:
    """Describe the data types of this distribution."""
    return (
        DataTypeSpec(
            "Lines",
            "datamaestro_format_text:Lines",
            "Lines of text",
            recognize="datamaestro_format_text.recognition:recognize_lines",
            sample="datamaestro_format_text.samples:write_lines",
        ),
        DataTypeSpec(
            "JSONLines",
            "datamaestro_format_text:JSONLines",
            "One JSON value a line",
            recognize="datamaestro_format_text.recognition:recognize_json_lines",
            sample="datamaestro_format_text.samples:write_json_lines",
        ),
        DataTypeSpec(
            "TSV",
            "datamaestro_format_text:TSV",
            "Rows of fields with tabs between",
            recognize="datamaestro_format_text.recognition:recognize_tsv",
            sample="datamaestro_format_text.samples:write_tsv",
        ),
    )

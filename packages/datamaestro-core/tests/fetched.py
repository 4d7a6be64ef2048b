"""The resource that most tests of preparations prepare."""

from datamaestro.download import FileResource, Source


class Fetched(FileResource):
    """A file as it is downloaded.

    :param source: a URL, or a source
    :param arguments: those of `FileResource`
    """

    def __init__(self, filename, source, **arguments):
        super().__init__(filename, **arguments)
        self.source = Source.of(source) if isinstance(source, str) else source

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        self.fetch_to(self.source, destination)

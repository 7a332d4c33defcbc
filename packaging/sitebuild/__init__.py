"""The site of the documents: what MkDocs cannot do by itself, so that the same files read well on GitHub too."""

"""The web service of ``atelier serve``: operations on pictures over HTTP, with a web page."""

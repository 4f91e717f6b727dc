"""The service: operations on pictures over HTTP, with a page."""
